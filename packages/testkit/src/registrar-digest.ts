import { randomBytes } from 'node:crypto'
import {
	type Authorization,
	BoundedMap,
	checkNonce,
	type DigestAlgorithm,
	formatAuthenticationInfo,
	formatChallenge,
	type HeaderPair,
	ha1,
	makeNonce,
	nonceCount,
	parseAuthorization,
	type SipRequest,
	verifyAuthorization,
} from '@vigil/sip'

/** A test server that runs for days must not grow for ever. */
const MAX_REMEMBERED_COUNTS = 100_000

export interface DigestSettings {
	readonly realm: string
	/** Offered in this order, one challenge each; the strongest first (RFC 8760 2.4). */
	readonly algorithms: readonly DigestAlgorithm[]
	/** `none` is the old digest without qop. */
	readonly qop: 'auth' | 'none'
	/** How long a nonce may be used, milliseconds. */
	readonly nonceLifetimeMs: number
	/** Each nonce serves one request; the next request with it is told `stale`. */
	readonly oneTimeNonces: boolean
	/** Success names the nonce of the next request in Authentication-Info (RFC 7616 3.5). */
	readonly nextNonce: boolean
}

export type DigestVerdict =
	| { readonly ok: true; readonly username: string; readonly info: readonly HeaderPair[] }
	| { readonly ok: false; readonly challenges: readonly string[] }

/** Challenges requests and checks the answers, nonce counts included. */
export class RegistrarDigest {
	readonly #settings: DigestSettings
	readonly #passwords: ReadonlyMap<string, string>
	#key = randomBytes(32)
	readonly #retiredKeys: Buffer[] = []
	/** Highest count seen of a nonce from a client: a repeated one is a replay (RFC 7616 3.4.5). */
	readonly #counts = new BoundedMap<string, number>(MAX_REMEMBERED_COUNTS)

	constructor(settings: DigestSettings, passwords: ReadonlyMap<string, string>) {
		this.#settings = settings
		this.#passwords = passwords
	}

	/** Makes every nonce handed out so far stale. */
	expireNonces(): void {
		this.#retiredKeys.push(this.#key)
		this.#key = randomBytes(32)
		this.#counts.clear()
	}

	check(request: SipRequest, headerName: 'Authorization' | 'Proxy-Authorization', nowMs: number): DigestVerdict {
		const authorization = request.headers
			.all(headerName)
			.map(parseAuthorization)
			.find((parsed) => parsed?.realm === this.#settings.realm)
		if (!authorization || !this.#isProven(request, authorization)) return this.#challenge(nowMs, false)
		const age = this.#ageOf(authorization.nonce, nowMs)
		if (age === 'ok' && this.#isFirstUse(authorization)) {
			return { ok: true, username: authorization.username, info: this.#info(headerName, nowMs) }
		}
		return this.#challenge(nowMs, age !== 'forged')
	}

	#isProven(request: SipRequest, authorization: Authorization): boolean {
		const { username, realm, uri } = authorization
		const password = this.#passwords.get(username)
		const ha1Of = (algorithm: DigestAlgorithm) =>
			password === undefined ? undefined : ha1(algorithm, username, realm, password)
		const { method, body } = request
		const { algorithms } = this.#settings
		return uri === request.uri && verifyAuthorization({ authorization, method, body, algorithms, ha1: ha1Of })
	}

	#ageOf(nonce: string, nowMs: number): 'ok' | 'stale' | 'forged' {
		const age = checkNonce(nonce, this.#key, nowMs, this.#settings.nonceLifetimeMs)
		if (age !== 'forged') return age
		return this.#retiredKeys.some((key) => checkNonce(nonce, key, nowMs, Infinity) === 'ok') ? 'stale' : 'forged'
	}

	#info(headerName: 'Authorization' | 'Proxy-Authorization', nowMs: number): HeaderPair[] {
		if (!this.#settings.nextNonce) return []
		const name = headerName === 'Authorization' ? 'Authentication-Info' : 'Proxy-Authentication-Info'
		return [[name, formatAuthenticationInfo({ nextnonce: makeNonce(this.#key, nowMs) })]]
	}

	#isFirstUse(authorization: Authorization): boolean {
		if (this.#settings.oneTimeNonces) return this.#isUnused(authorization.nonce)
		const count = nonceCount(authorization)
		if (count === undefined) return true
		const client = `${authorization.nonce} ${authorization.username} ${authorization.cnonce}`
		if (count <= (this.#counts.get(client) ?? 0)) return false
		this.#remember(client, count)
		return true
	}

	#isUnused(nonce: string): boolean {
		if (this.#counts.has(nonce)) return false
		this.#remember(nonce, 1)
		return true
	}

	#remember(client: string, count: number): void {
		this.#counts.set(client, count)
	}

	#challenge(nowMs: number, stale: boolean): DigestVerdict {
		return { ok: false, challenges: this.#challenges(nowMs, stale) }
	}

	#challenges(nowMs: number, stale: boolean): string[] {
		const { realm, algorithms, qop } = this.#settings
		const nonce = makeNonce(this.#key, nowMs)
		return algorithms.map((algorithm) =>
			formatChallenge({ realm, nonce, algorithm, stale, qop: qop === 'auth' ? ['auth'] : [] }),
		)
	}
}

/** The challenges as header fields of a 401 or 407. */
export function challengeHeaders(
	name: 'WWW-Authenticate' | 'Proxy-Authenticate',
	challenges: readonly string[],
): HeaderPair[] {
	return challenges.map((challenge): HeaderPair => [name, challenge])
}
