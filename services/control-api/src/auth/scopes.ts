import type { DeviceStore, TenantStore } from '@vigil/domain'
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { RequestProblem } from '../problems/problem-error.ts'
import type { Caller } from './caller.ts'
import { digestOf, sameToken } from './tokens.ts'

/** Lets only the platform admin pass. */
export function adminOnly(adminToken: string): onRequestAsyncHookHandler {
	return scopeHook(async (token) => (sameToken(token, adminToken) ? { kind: 'admin' } : undefined))
}

/** Lets live API keys of tenants pass. */
export function tenantsOnly(tenants: TenantStore): onRequestAsyncHookHandler {
	return scopeHook(async (token) => {
		const key = await tenants.findApiKey(digestOf(token))
		return key === undefined ? undefined : { kind: 'tenant', tenantId: key.tenantId }
	})
}

/** Lets enrolled devices pass. */
export function devicesOnly(devices: DeviceStore): onRequestAsyncHookHandler {
	return scopeHook(async (token) => {
		const device = await devices.findByToken(digestOf(token))
		return device === undefined ? undefined : { kind: 'device', device }
	})
}

function scopeHook(identify: (token: string) => Promise<Caller | undefined>): onRequestAsyncHookHandler {
	return async (request) => {
		const token = bearerToken(request)
		if (token === undefined) throw unauthorised('A bearer token is needed.', 'Bearer realm="vigil"')
		const caller = await identify(token)
		if (caller === undefined) {
			throw unauthorised(
				'The bearer token is unknown, expired or revoked here.',
				'Bearer realm="vigil", error="invalid_token"',
			)
		}
		request.caller = caller
	}
}

/** RFC 6750 2.1: `Authorization: Bearer <token>`. */
function bearerToken(request: FastifyRequest): string | undefined {
	return /^Bearer ([A-Za-z0-9\-._~+/]{1,512}=*)$/i.exec(request.headers.authorization ?? '')?.[1]
}

function unauthorised(detail: string, challenge: string): RequestProblem {
	return new RequestProblem('unauthorised', { detail, headers: { 'www-authenticate': challenge } })
}
