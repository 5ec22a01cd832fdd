import {
	type Account,
	type AskedAuthentication,
	type AuthenticationNote,
	askedNow,
	BoundedMap,
	type HeldChallenge,
	isSameAsked,
	type SeenAuthentication,
	seenAfter,
	seenFor,
} from '@vigil/domain'
import { type Clock, fromWall, type Logger, wellFormedText } from '@vigil/runtime'
import { type Challenge, hashOf } from '@vigil/sip'

/** What many accounts have in common is kept once, up to so many. */
const MOST_SHARED = 10_000
/** Longer realms are told apart by their beginning. */
const REALM_LENGTH = 200
/** A server that moves is one line in the log, not one for each of its accounts. */
const LOGGED_EVERY_MS = 3_600_000
const MOST_LOGGED = 1000

export interface SeenAuthenticationsDeps {
	readonly clock: Clock
	readonly logger: Logger
	/** The visible state of the account in that slot has changed. */
	readonly report: (slot: number) => void
}

/** Accounts whose server asked for another realm, or for a weaker answer, since the start. */
export type AuthenticationChanges = Readonly<Record<AuthenticationNote, number>>

/**
 * Remembers what the SIP servers of accounts ask for, across restarts, and tells when that changes for the worse: servers do
 * move, so it is answered (ADR 24), but it is also how somebody in between collects answers.
 */
export class SeenAuthentications {
	readonly #deps: SeenAuthenticationsDeps
	readonly #bySlot: (SeenAuthentication | undefined)[] = []
	readonly #shared = new BoundedMap<string, SeenAuthentication>(MOST_SHARED)
	readonly #loggedAtMs = new BoundedMap<string, number>(MOST_LOGGED)
	readonly #changes: Record<AuthenticationNote, number> = { 'realm-changed': 0, weaker: 0 }

	constructor(deps: SeenAuthenticationsDeps) {
		this.#deps = deps
	}

	get changes(): AuthenticationChanges {
		return { ...this.#changes }
	}

	/** What is shown and stored; undefined while nothing was asked. */
	shown(slot: number): SeenAuthentication | undefined {
		const seen = this.#bySlot[slot]
		return seen && askedNow(seen) ? seen : undefined
	}

	/** The account as it was read; what was stored counts where this process has seen nothing yet. */
	follow(slot: number, { authentication, credentialVersion }: Account, server: string | undefined): void {
		if (server === undefined) return
		const known = this.#bySlot[slot]
		const seen = seenFor(known ?? this.#own(authentication), server, credentialVersion)
		if (seen !== known) this.#set(slot, seen)
	}

	/** The account goes on in another slot. */
	succeed(from: number, to: number): void {
		const seen = this.#bySlot[from]
		if (seen) this.#set(to, seen)
	}

	forget(slot: number): void {
		this.#bySlot[slot] = undefined
	}

	/** A REGISTER to the account's own server answers these challenges. `turn` is the same object for all of one turn. */
	answered(slot: number, challenges: readonly HeldChallenge[], turn: FirstTurn, isSteady: boolean): void {
		const seen = this.#bySlot[slot]
		if (seen === undefined) return
		for (const { challenge } of challenges) {
			const known = challenge.proxy ? seen.byProxy : seen.byServer
			if (known === undefined || !isAsBefore(known, challenge)) {
				this.#look(slot, seen, challenges, turn, isSteady)
				return
			}
		}
	}

	#look(
		slot: number,
		before: SeenAuthentication,
		challenges: readonly HeldChallenge[],
		turn: FirstTurn,
		isSteady: boolean,
	): void {
		const nowMs = this.#deps.clock.now()
		turn.isFirstAsked ||= before.byServer === undefined && before.byProxy === undefined
		let seen = before
		for (const { challenge } of challenges) {
			const asked = askedOf(challenge)
			if (asked) seen = seenAfter(seen, { byProxy: challenge.proxy, asked, isFirst: turn.isFirstAsked, nowMs })
		}
		if (seen === before) return
		this.#set(slot, seen)
		const isChange = seen.change !== before.change
		if (isChange) this.#tell(seen, nowMs)
		// Otherwise it is written with the state that the registration comes to.
		if (isChange || isSteady) this.#deps.report(slot)
	}

	#tell({ server, change, ...seen }: SeenAuthentication, nowMs: number): void {
		if (change?.note === undefined) return
		this.#changes[change.note]++
		const key = `${change.note} ${server}`
		if (nowMs - (this.#loggedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < LOGGED_EVERY_MS) return
		this.#loggedAtMs.set(key, nowMs)
		const asked = change.byProxy ? seen.byProxy : seen.byServer
		const facts = { upstream: server, note: change.note, before: change.before, asked }
		this.#deps.logger.warn(facts, 'a SIP server asks accounts for another realm, or a weaker answer, than before')
	}

	#set(slot: number, seen: SeenAuthentication): void {
		while (this.#bySlot.length <= slot) this.#bySlot.push(undefined)
		this.#bySlot[slot] = seen.change === undefined ? this.#sharedOf(seen) : seen
	}

	#sharedOf(seen: SeenAuthentication): SeenAuthentication {
		const { server, credentialVersion, byServer, byProxy } = seen
		const key = JSON.stringify([server, credentialVersion, byServer ?? null, byProxy ?? null])
		const known = this.#shared.get(key)
		if (known) return known
		this.#shared.set(key, seen)
		return seen
	}

	/** With its instant as this process counts time. */
	#own(stored: SeenAuthentication | undefined): SeenAuthentication | undefined {
		const { change } = stored ?? {}
		if (!stored || !change) return stored
		return { ...stored, change: { ...change, atMs: fromWall(this.#deps.clock, change.atMs) } }
	}
}

/** A turn in which an account was asked who it is for the first time. */
export interface FirstTurn {
	isFirstAsked: boolean
}

function isAsBefore(known: AskedAuthentication, challenge: Challenge): boolean {
	const { realm, algorithm, qop } = challenge
	if (algorithm === undefined) return true
	if (known.realm === realm) return known.algorithm === hashOf(algorithm) && (known.qop === 'auth') === qop.length > 0
	const asked = askedOf(challenge)
	return asked !== undefined && isSameAsked(known, asked)
}

function askedOf({ realm, algorithm, qop }: Challenge): AskedAuthentication | undefined {
	if (algorithm === undefined) return undefined
	const shown = wellFormedText(realm.slice(0, REALM_LENGTH))
	return { realm: shown, algorithm: hashOf(algorithm), qop: qop.length > 0 ? 'auth' : 'none' }
}
