import type { AccountCredential, AccountId, AccountStore, HeldChallenge } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import {
	type AnswerInput,
	answerChallenge,
	type Challenge,
	type DigestAlgorithm,
	ha1,
	hashOf,
	requestHash,
	type SipRequest,
} from '@vigil/sip'
import type { AccountDirectory, AccountFacts } from '../accounts/account-directory.ts'
import { DigestKeys } from './digest-keys.ts'
import type { Identities } from './identities.ts'

/** Credentials opened by one question to the database. */
const MOST_AT_ONCE = 500
/** So many at once are a start, or a server that is back: those of the next moments are gathered. */
const MANY = 8
const GATHER_MS = 10

type Source = Pick<AccountStore, 'openCredential' | 'openCredentials'>

interface Waiting {
	readonly slot: number
	readonly challenges: readonly HeldChallenge[]
	readonly resolve: () => void
	readonly reject: (error: Error) => void
}

/**
 * Answers upstream challenges. An account's credential is opened when its server first asks for a realm and hash; from
 * then on the HA1 made of it answers, and the database is left alone.
 */
export class AccountCredentials {
	readonly #accounts: Source
	readonly #directory: AccountDirectory
	readonly #identities: Identities
	readonly #clock: Clock
	readonly #keys = new DigestKeys()
	readonly #waiting = new Map<AccountId, Waiting[]>()
	#opening: Promise<void> | undefined
	#hashed: { readonly uri: string; readonly algorithm: DigestAlgorithm; readonly hash: string } | undefined

	constructor(accounts: Source, directory: AccountDirectory, identities: Identities, clock: Clock) {
		this.#accounts = accounts
		this.#directory = directory
		this.#identities = identities
		this.#clock = clock
	}

	/** Credentials header fields for the request, one a challenge. Rejects when the credential cannot be opened. */
	async answer(
		id: AccountId,
		request: SipRequest,
		challenges: readonly HeldChallenge[],
	): Promise<(readonly [name: string, value: string])[]> {
		if (challenges.length === 0) return []
		const slot = this.#directory.slotOf(id)
		if (slot < 0) throw new Error('the account is gone')
		if (!this.has(slot, challenges)) await this.open(slot, challenges)
		const username = digestUsername(this.#directory.facts(slot))
		const { cnonce } = this.#identities.get(slot)
		const { method, uri, body } = request
		return challenges.map((held) => [
			fieldName(held.challenge),
			this.#value(slot, held, { username, cnonce, method, uri, body }),
		])
	}

	/** Whether the challenges can be answered without the database. */
	has(slot: number, challenges: readonly HeldChallenge[]): boolean {
		for (const { challenge } of challenges) if (!this.#keys.has(slot, challenge)) return false
		return true
	}

	/** Credentials header lines for a REGISTER to that URI by that user; `has` must be true. */
	registerLines(
		slot: number,
		challenges: readonly HeldChallenge[],
		parts: { readonly username: string; readonly cnonce: string; readonly uri: string },
	): string {
		let lines = ''
		for (const held of challenges) {
			const { challenge } = held
			const requestHash = this.#requestHash(challenge, parts.uri)
			const value = this.#value(slot, held, { ...parts, method: 'REGISTER', requestHash })
			lines += `${fieldName(challenge)}: ${value}\r\n`
		}
		return lines
	}

	/** Makes HA1 of the account for the challenges; questions of many accounts go to the database together. */
	open(slot: number, challenges: readonly HeldChallenge[]): Promise<void> {
		const id = this.#directory.facts(slot)?.id
		if (id === undefined) return Promise.reject(new Error('the account is gone'))
		return new Promise((resolve, reject) => {
			const waiting = this.#waiting.get(id)
			const entry = { slot, challenges, resolve, reject }
			if (waiting) waiting.push(entry)
			else this.#waiting.set(id, [entry])
			this.#opening ??= this.#openAll().finally(() => {
				this.#opening = undefined
			})
		})
	}

	/** Forgets what was made of the account's credential, which may have changed. */
	forget(slot: number): void {
		this.#keys.clear(slot)
	}

	async #openAll(): Promise<void> {
		// Lets the questions of one turn of the loop come together.
		await Promise.resolve()
		while (this.#waiting.size > 0) {
			const ids = [...this.#waiting.keys()].slice(0, MOST_AT_ONCE)
			const batch = ids.map((id) => [id, this.#waiting.get(id) ?? []] as const)
			for (const id of ids) this.#waiting.delete(id)
			const credentials = await this.#read(ids)
			for (const [id, waiting] of batch) this.#settle(waiting, credentials.get(id))
			if (ids.length >= MANY && this.#waiting.size < MOST_AT_ONCE) await this.#rest()
		}
	}

	/** Every question costs as much as the answers of twenty accounts. */
	#rest(): Promise<void> {
		return new Promise((resolve) => this.#clock.setTimer(GATHER_MS, resolve))
	}

	async #read(ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, AccountCredential | Error>> {
		if (this.#accounts.openCredentials && ids.length > 1) {
			try {
				return await this.#accounts.openCredentials(ids)
			} catch {
				// One credential that does not open must not cost the others theirs: each for itself then.
			}
		}
		const opened = await Promise.allSettled(ids.map((id) => this.#accounts.openCredential(id)))
		const credentials = new Map<AccountId, AccountCredential | Error>()
		for (const [index, result] of opened.entries()) {
			const id = ids[index] as AccountId
			if (result.status === 'rejected') {
				credentials.set(id, new Error('the credential cannot be read just now', { cause: result.reason }))
			} else if (result.value) credentials.set(id, result.value)
		}
		return credentials
	}

	#settle(waiting: readonly Waiting[], credential: AccountCredential | Error | undefined): void {
		for (const { slot, challenges, resolve, reject } of waiting) {
			if (credential === undefined || credential instanceof Error) {
				reject(credential ?? new Error('the account has no credential'))
				continue
			}
			for (const { challenge } of challenges) {
				if (challenge.algorithm === undefined) continue
				const key = keyFor(credential, challenge)
				if (key !== undefined) this.#keys.set(slot, challenge, key)
			}
			resolve()
		}
	}

	#value(
		slot: number,
		{ challenge, nonceCount }: HeldChallenge,
		parts: Omit<AnswerInput, 'challenge' | 'secret' | 'nc'>,
	): string {
		const key = this.#keys.get(slot, challenge)
		if (key === undefined) throw new Error('the account has no credential for the realm of its SIP server')
		return answerChallenge({ ...parts, challenge, secret: { key }, nc: nonceCount })
	}

	/** HA2 of a REGISTER, remembered for the registrar asked for last. */
	#requestHash({ algorithm }: Challenge, uri: string): string {
		if (algorithm === undefined) return ''
		if (this.#hashed?.uri !== uri || this.#hashed.algorithm !== algorithm) {
			this.#hashed = { uri, algorithm, hash: requestHash(algorithm, 'REGISTER', uri) }
		}
		return this.#hashed.hash
	}
}

/** HA1 for the realm and hash asked for; undefined where only another was handed in. */
function keyFor(credential: AccountCredential, { algorithm, realm }: Challenge): string | undefined {
	if (algorithm === undefined) return undefined
	if (credential.password) return ha1(algorithm, credential.username, realm, credential.password.reveal())
	if (credential.ha1.realm !== realm) return undefined
	const { md5, sha256, sha512_256 } = credential.ha1
	return { MD5: md5, 'SHA-256': sha256, 'SHA-512-256': sha512_256 }[hashOf(algorithm)]?.reveal()
}

/** The digest user name where it differs, else the user of the address. */
export function digestUsername(facts: AccountFacts | undefined): string {
	return facts === undefined ? '' : facts.authUsername === '' ? facts.username : facts.authUsername
}

function fieldName(challenge: Challenge): string {
	return challenge.proxy ? 'Proxy-Authorization' : 'Authorization'
}
