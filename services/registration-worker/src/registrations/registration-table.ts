import {
	type HeldChallenge,
	type HeldRefusal,
	initialRegistration,
	NO_PATH,
	type Registration,
	type RegistrationPath,
	type RegistrationPhase,
	type RegistrationState,
	type RegistrationStatus,
	type Wish,
} from '@vigil/domain'
import { ChallengeKinds } from './challenge-kinds.ts'
import { RegistrationColumns } from './registration-columns.ts'

const PHASES: readonly RegistrationPhase[] = [
	'idle',
	'registering',
	'registered',
	'backing-off',
	'rejected',
	'unregistering',
]
const STATES: readonly RegistrationState[] = [
	'unregistered',
	'registering',
	'registered',
	'unregistering',
	'rejected',
	'failing',
]
const REGISTERED = STATES.indexOf('registered')
const IN_FLIGHT = 2
const PRESENT = 4
const CERTAIN = 8
/** The wish, in the two bits from here. */
const WISH_AT = 4
const WISHES: readonly Wish[] = ['forget', 'hold', 'release']
const NONE: readonly string[] = []
const NO_CHALLENGE: readonly HeldChallenge[] = []

/** What only a few registrations have at any time. */
interface Seldom {
	readonly reason: string | undefined
	readonly redirectUri: string | undefined
	readonly question: number
	readonly asking: number
	readonly byRemoval: boolean
	readonly refused: HeldRefusal | undefined
	readonly freshlyAnswered: readonly string[]
	readonly path: RegistrationPath
	/** All of them, where it is not one of the usual kind. */
	readonly challenges: readonly HeldChallenge[] | undefined
}

/**
 * The states of all registrations, about 100 bytes each: flat columns, the nonce as text, and a map for what is seldom
 * there. The machine's state object lives only while an input is worked on.
 */
export class RegistrationTable {
	readonly #columns = new RegistrationColumns()
	readonly #kinds = new ChallengeKinds()
	readonly #nonces: (string | undefined)[] = []
	#lastNonce = ''
	readonly #seldom = new Map<number, Seldom>()
	readonly #counts = new Int32Array(STATES.length)

	/** Registrations by visible state. */
	countByState(): Map<RegistrationState, number> {
		return new Map(STATES.map((state, index) => [state, this.#counts[index] as number]))
	}

	has(slot: number): boolean {
		return ((this.#columns.flags[slot] ?? 0) & PRESENT) !== 0
	}

	dueAtMs(slot: number): number {
		return this.#columns.dueAtMs[slot] ?? 0
	}

	inFlight(slot: number): boolean {
		return ((this.#columns.flags[slot] ?? 0) & IN_FLIGHT) !== 0
	}

	/** Whether it is shown as registered. */
	isRegistered(slot: number): boolean {
		return this.has(slot) && this.#columns.shown[slot] === REGISTERED
	}

	attempt(slot: number): number {
		return this.#columns.attempt[slot] ?? 0
	}

	generation(slot: number): number {
		return this.#columns.generation[slot] ?? 0
	}

	revision(slot: number): number {
		return this.#columns.revision[slot] ?? 0
	}

	/** Failures in a row. */
	failures(slot: number): number {
		return this.#columns.failures[slot] ?? 0
	}

	path(slot: number): RegistrationPath {
		return this.#seldom.get(slot)?.path ?? NO_PATH
	}

	/** Whether it holds a challenge that its next REGISTER answers. */
	isChallenged(slot: number): boolean {
		return (this.#columns.challengeKind[slot] ?? 0) !== 0 || this.#seldom.get(slot)?.challenges !== undefined
	}

	/** When the REGISTER that its binding rests on was accepted, epoch milliseconds; of one that is not in flight. */
	acceptedAtMs(slot: number): number {
		const granted = this.#columns.grantedSeconds[slot] ?? 0
		return (this.#columns.boundUntilMs[slot] ?? 0) - granted * 1000
	}

	/** The challenges that it holds. */
	challenges(slot: number): readonly HeldChallenge[] {
		return this.#seldom.get(slot)?.challenges ?? this.#usualChallenge(slot)
	}

	/** The state; of a slot that has none yet, the initial one. */
	load(slot: number, nowMs: number): Registration {
		if (!this.has(slot)) return initialRegistration(nowMs)
		const c = this.#columns
		const seldom = this.#seldom.size === 0 ? undefined : this.#seldom.get(slot)
		const flags = c.flags[slot] as number
		return {
			phase: PHASES[c.phase[slot] as number] as RegistrationPhase,
			wish: WISHES[flags >> WISH_AT] as Wish,
			certain: (flags & CERTAIN) !== 0,
			expiresSeconds: c.expiresSeconds[slot] as number,
			spread: c.spread[slot] as number,
			revision: c.revision[slot] as number,
			generation: c.generation[slot] as number,
			accountVersion: c.accountVersion[slot] as number,
			attempt: c.attempt[slot] as number,
			inFlight: (flags & IN_FLIGHT) !== 0,
			question: seldom?.question ?? 0,
			asking: seldom?.asking ?? 0,
			byRemoval: seldom?.byRemoval ?? false,
			refused: seldom?.refused,
			cseqCount: c.cseqCount[slot] as number,
			challenges: seldom?.challenges ?? this.#usualChallenge(slot),
			freshlyAnswered: seldom?.freshlyAnswered ?? NONE,
			challengeRounds: c.challengeRounds[slot] as number,
			boundUntilMs: c.boundUntilMs[slot] as number,
			minExpiresSeconds: c.minExpiresSeconds[slot] as number,
			failures: c.failures[slot] as number,
			dueAtMs: c.dueAtMs[slot] as number,
			redirectUri: seldom?.redirectUri,
			path: seldom?.path ?? NO_PATH,
			status: this.#status(slot, seldom?.reason),
		}
	}

	/** The visible state alone, with what the registrar has said of the shortest registration. */
	status(slot: number): RegistrationStatus | undefined {
		if (!this.has(slot)) return undefined
		const status = this.#status(slot, this.#seldom.get(slot)?.reason)
		const minExpiresSeconds = this.#columns.minExpiresSeconds[slot] as number
		return minExpiresSeconds > 0 ? { ...status, minExpiresSeconds } : status
	}

	save(slot: number, state: Registration): void {
		const c = this.#columns
		c.reserve(slot)
		this.#count(slot, -1)
		c.phase[slot] = PHASES.indexOf(state.phase)
		c.flags[slot] = flagsOf(state)
		c.expiresSeconds[slot] = state.expiresSeconds
		c.spread[slot] = state.spread
		c.revision[slot] = Number(state.revision)
		c.generation[slot] = state.generation
		c.accountVersion[slot] = state.accountVersion
		c.attempt[slot] = state.attempt
		c.cseqCount[slot] = state.cseqCount
		c.challengeRounds[slot] = state.challengeRounds
		c.boundUntilMs[slot] = state.boundUntilMs
		c.minExpiresSeconds[slot] = state.minExpiresSeconds
		c.failures[slot] = Math.min(state.failures, 255)
		c.dueAtMs[slot] = state.dueAtMs
		this.#saveStatus(slot, state.status)
		this.#saveSeldom(slot, state, this.#saveChallenges(slot, state.challenges))
		this.#count(slot, 1)
	}

	/** Forgets the registration. */
	clear(slot: number): void {
		if (!this.has(slot)) return
		this.#count(slot, -1)
		this.#columns.flags[slot] = 0
		this.#nonces[slot] = undefined
		this.#seldom.delete(slot)
	}

	#status(slot: number, reason: string | undefined): RegistrationStatus {
		const c = this.#columns
		const sipStatus = c.shownSip[slot] as number
		const grantedExpiresSeconds = c.grantedSeconds[slot] as number
		const nextAttemptMs = c.dueAtMs[slot] as number
		const state = STATES[c.shown[slot] as number] as RegistrationState
		const sinceMs = c.sinceMs[slot] as number
		const accountVersion = c.shownVersion[slot] as number
		// What nearly all look like, at the price of one object.
		if (reason === undefined && sipStatus === 0 && grantedExpiresSeconds !== 0) {
			if (nextAttemptMs === 0) return { state, sinceMs, accountVersion, grantedExpiresSeconds }
			return { state, sinceMs, accountVersion, grantedExpiresSeconds, nextAttemptMs }
		}
		return {
			state,
			sinceMs,
			accountVersion,
			...(reason === undefined ? undefined : { reason }),
			...(sipStatus === 0 ? undefined : { sipStatus }),
			...(grantedExpiresSeconds === 0 ? undefined : { grantedExpiresSeconds }),
			...(nextAttemptMs === 0 ? undefined : { nextAttemptMs }),
		}
	}

	#saveStatus(slot: number, status: RegistrationStatus): void {
		const c = this.#columns
		c.shown[slot] = STATES.indexOf(status.state)
		c.sinceMs[slot] = status.sinceMs
		c.shownVersion[slot] = status.accountVersion
		c.shownSip[slot] = status.sipStatus ?? 0
		c.grantedSeconds[slot] = status.grantedExpiresSeconds ?? 0
	}

	#usualChallenge(slot: number): readonly HeldChallenge[] {
		const kind = this.#columns.challengeKind[slot] as number
		if (kind === 0) return NO_CHALLENGE
		const challenge = this.#kinds.challenge(kind, this.#nonces[slot] ?? '')
		return [{ challenge, nonceCount: this.#columns.nonceCount[slot] as number }]
	}

	/** Returns what does not fit into the columns. */
	#saveChallenges(slot: number, held: readonly HeldChallenge[]): readonly HeldChallenge[] | undefined {
		const c = this.#columns
		const [only] = held
		const usual = only !== undefined && held.length === 1 && only.challenge.opaque === undefined
		const kind = usual ? this.#kinds.numberOf(only.challenge) : 0
		c.challengeKind[slot] = kind
		if (!usual || kind === 0) {
			this.#nonces[slot] = undefined
			return held.length === 0 ? undefined : held
		}
		c.nonceCount[slot] = only.nonceCount
		if (this.#nonces[slot] !== only.challenge.nonce) this.#nonces[slot] = this.#ownNonce(only.challenge.nonce)
		return undefined
	}

	/** Accounts of one server often hold the same nonce: it is in memory once for those that came one after the other. */
	#ownNonce(nonce: string): string {
		if (this.#lastNonce !== nonce) this.#lastNonce = ownText(nonce)
		return this.#lastNonce
	}

	#saveSeldom(slot: number, state: Registration, challenges: Seldom['challenges']): void {
		const { redirectUri, freshlyAnswered, path, question, asking, byRemoval, refused } = state
		const { reason } = state.status
		const nothing = freshlyAnswered.length === 0 && path === NO_PATH && challenges === undefined
		const quiet = question === 0 && asking === 0 && !byRemoval && refused === undefined
		if (nothing && quiet && reason === undefined && redirectUri === undefined) {
			if (this.#seldom.size > 0) this.#seldom.delete(slot)
			return
		}
		const shown = reason && ownText(reason)
		const asked = { question, asking, byRemoval, refused }
		this.#seldom.set(slot, { reason: shown, redirectUri, freshlyAnswered, path, challenges, ...asked })
	}

	#count(slot: number, change: 1 | -1): void {
		const shown = this.#columns.shown[slot] as number
		if (this.has(slot)) this.#counts[shown] = (this.#counts[shown] as number) + change
	}
}

function flagsOf({ inFlight, certain, wish }: Registration): number {
	return PRESENT | (inFlight ? IN_FLIGHT : 0) | (certain ? CERTAIN : 0) | (WISHES.indexOf(wish) << WISH_AT)
}

/** A copy of its own: what is cut out of a message keeps the whole message in memory. */
function ownText(text: string): string {
	return text.isWellFormed() ? Buffer.from(text, 'utf8').toString('utf8') : text
}
