import type { TenantStore } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { ControlApiDeps } from '../deps.ts'
import { noteContact } from '../devices/contact.ts'
import { conflict, RequestProblem } from '../problems/problem-error.ts'
import { refuseIf } from '../problems/refuse-if.ts'
import { instant } from '../views/instant.ts'
import type { Caller } from './caller.ts'
import type { TokenTries } from './token-tries.ts'
import { digestOf, sameToken } from './tokens.ts'

/** What bounds wrong tokens. */
export interface TokenBounds {
	readonly tries: TokenTries
	/** Whether the token with that digest was right a short while ago. */
	readonly isKnown: (digest: string) => boolean
	readonly clock: Clock
}

/** Lets only the platform admin pass. */
export function adminOnly(adminToken: string, bounds: TokenBounds): onRequestAsyncHookHandler {
	return scopeHook(bounds, async (token) => (sameToken(token, adminToken) ? { kind: 'admin' } : undefined))
}

/** Lets live API keys of tenants pass. */
export function tenantsOnly(tenants: TenantStore, bounds: TokenBounds): onRequestAsyncHookHandler {
	return scopeHook(bounds, async (token) => {
		const key = await tenants.findApiKey(digestOf(token))
		return key === undefined ? undefined : { kind: 'tenant', tenantId: key.tenantId }
	})
}

type DeviceScopeDeps = Pick<ControlApiDeps, 'stores' | 'clock' | 'logger'>

/** Lets enrolled devices pass, and takes down that they were heard of. */
export function devicesOnly(deps: DeviceScopeDeps, bounds: TokenBounds): onRequestAsyncHookHandler {
	return scopeHook(bounds, (token) => deviceOf(deps, digestOf(token)))
}

/** The same where an app must learn what became of its device: a removed one is told so, and not just that its token is bad. */
export function devicesEvenRemoved(deps: DeviceScopeDeps, bounds: TokenBounds): onRequestAsyncHookHandler {
	return scopeHook(bounds, async (token) => {
		const caller = await deviceOf(deps, digestOf(token))
		if (caller !== undefined) return caller
		const removedAtMs = await deps.stores.devices.removedAtMs(digestOf(token))
		if (removedAtMs === undefined) return undefined
		throw conflict(`The device was removed at ${instant(removedAtMs)}: enrol it anew.`)
	})
}

async function deviceOf(deps: DeviceScopeDeps, tokenDigest: string): Promise<Caller | undefined> {
	const device = await deps.stores.devices.findByToken(tokenDigest)
	if (device === undefined) return undefined
	await noteContact(deps, device)
	return { kind: 'device', device }
}

function scopeHook(
	{ tries, isKnown, clock }: TokenBounds,
	identify: (token: string) => Promise<Caller | undefined>,
): onRequestAsyncHookHandler {
	return async (request) => {
		const token = bearerToken(request)
		if (token === undefined) throw unauthorised('A bearer token is needed.', 'Bearer realm="vigil"')
		const tried = { address: request.ip, isKnown: isKnown(digestOf(token)), nowMs: clock.now() }
		const verdict = await tries.look(tried, () => identify(token))
		if (verdict.found === undefined) {
			refuseIf(verdict.waitMs, 'wrong tokens from this address')
			throw unauthorised(
				'The bearer token is unknown, expired or revoked here.',
				'Bearer realm="vigil", error="invalid_token"',
			)
		}
		request.caller = verdict.found
	}
}

/** RFC 6750 2.1: `Authorization: Bearer <token>`. */
export function bearerToken(request: FastifyRequest): string | undefined {
	return /^Bearer ([A-Za-z0-9\-._~+/]{1,512}=*)$/i.exec(request.headers.authorization ?? '')?.[1]
}

function unauthorised(detail: string, challenge: string): RequestProblem {
	return new RequestProblem('unauthorised', { detail, headers: { 'www-authenticate': challenge } })
}
