import { createHmac } from 'node:crypto'
import { DEVICE_DIGESTS, type DeviceDigest, type SipCredential } from '@vigil/domain'
import {
	type Authorization,
	formatChallenge,
	ha1,
	nonceCount,
	parseAuthorization,
	verifyAuthorization,
} from '@vigil/sip'
import { respond } from './answers.ts'
import { issueNonce, isUsable, type NonceGuard } from './nonces.ts'
import type { RegisterRequest } from './register-request.ts'
import { isSameUri } from './same-uri.ts'
import type { FlowFacts, RegistrarEffect, RegistrarRules } from './types.ts'

/** What of a request is authenticated. */
export type AuthenticatedRequest = Pick<RegisterRequest, 'deviceId' | 'method' | 'uri' | 'authorizations'>

type Rules = Pick<RegistrarRules, 'realm' | 'nonceKey' | 'nonceMaxAgeMs'>

/** What the Authorization fields of a REGISTER are worth before the password is known. */
export type Credentials =
	/** None for our realm, or not what we asked for. */
	| { readonly kind: 'none' }
	/** The nonce is spent, too old, of another process or of another source: the device tries again by itself. */
	| { readonly kind: 'stale' }
	| AnsweredChallenge

export interface AnsweredChallenge {
	readonly kind: 'answer'
	readonly authorization: Authorization
	readonly nonce: string
	readonly count: number
}

/**
 * Reads the credentials. Nonces are tied to the source, so nobody can have wrong passwords counted against an address
 * at which he does not receive; and the digest of a nonce that is no good is not even looked at, so nothing can be
 * learnt from the answer.
 */
export function readCredentials(
	rules: Rules,
	register: AuthenticatedRequest,
	flow: FlowFacts,
	guard: NonceGuard | undefined,
	nowMs: number,
): Credentials {
	const authorization = register.authorizations
		.map(parseAuthorization)
		.find((candidate) => candidate?.realm === rules.realm)
	const count = authorization && nonceCount(authorization)
	if (!authorization || count === undefined || !isForThis(authorization, register)) return { kind: 'none' }
	const { nonce } = authorization
	const use = { nonce, count, source: flow.source }
	if (!isUsable(rules.nonceKey, guard, use, nowMs, rules.nonceMaxAgeMs)) return { kind: 'stale' }
	return { kind: 'answer', authorization, nonce, count }
}

function isForThis(authorization: Authorization, register: AuthenticatedRequest): boolean {
	return authorization.username === register.deviceId && isSameUri(authorization.uri, register.uri)
}

/** Takes as long for a device that nobody knows as for a wrong password. */
export function isRightPassword(
	rules: Rules,
	register: AuthenticatedRequest,
	{ authorization }: AnsweredChallenge,
	credential: SipCredential | undefined,
): boolean {
	const password = credential ? credential.secret.reveal() : decoyPassword(rules, register.deviceId)
	const isRight = verifyAuthorization({
		authorization,
		method: register.method,
		ha1: (algorithm) => ha1(algorithm, register.deviceId, rules.realm, password),
		algorithms: credential?.digestAlgorithms ?? DEVICE_DIGESTS,
		requireQop: true,
	})
	return isRight && credential !== undefined
}

function decoyPassword(rules: Rules, deviceId: string): string {
	return createHmac('sha256', rules.nonceKey).update(deviceId).digest('base64url')
}

/** Who is challenged, and by what. */
interface Challenged {
	readonly flow: FlowFacts
	readonly digests: readonly DeviceDigest[]
}

/** 401 with a challenge. */
export function challenge(
	rules: RegistrarRules,
	{ flow, digests }: Challenged,
	stale: boolean,
	nowMs: number,
): RegistrarEffect {
	const texts = challengeTexts(rules, { source: flow.source, digests, stale }, nowMs)
	return respond(
		401,
		undefined,
		texts.map((text) => ['WWW-Authenticate', text] as const),
	)
}

/** One challenge for each digest, in their order (RFC 8760 2.4). */
export function challengeTexts(
	{ realm, nonceKey }: Pick<RegistrarRules, 'realm' | 'nonceKey'>,
	{
		source,
		digests,
		stale,
	}: { readonly source: string; readonly digests: readonly DeviceDigest[]; readonly stale: boolean },
	nowMs: number,
): string[] {
	const nonce = issueNonce(nonceKey, source, nowMs)
	return digests.map((algorithm) => formatChallenge({ realm, nonce, algorithm, stale, qop: ['auth'] }))
}
