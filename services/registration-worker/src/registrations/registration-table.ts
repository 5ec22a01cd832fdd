import {
	type ContactAlias,
	type DesiredBinding,
	type HeldChallenge,
	type HeldRefusal,
	initialRegistration,
	NO_PATH,
	type OwnAddition,
	type Registration,
	type RegistrationPath,
	type RegistrationPhase,
	type RegistrationState,
	type RegistrationStatus,
} from '@vigil/domain'
import { ChallengeKinds } from './challenge-kinds.ts'
import { HomeRealms } from './home-realms.ts'
import { F32, F64, I32, RegistrationRows, U8, U16, WIDTH } from './registration-rows.ts'

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
const UNCONFIRMED = 1
const IN_FLIGHT = 2
const PRESENT = 4
const CERTAIN = 8
/** The desired binding, in the two bits from here. */
const DESIRED_AT = 4
const LISTS_AS_SENT = 64
const PROVEN = 128
const DESIRED_BINDINGS: readonly DesiredBinding[] = ['abandon', 'hold', 'remove', 'keep']
const NONE: readonly string[] = []
const NOTHING_LEFT_OUT: readonly OwnAddition[] = []
const NO_CHALLENGE: readonly HeldChallenge[] = []

/** What only a few registrations have at any time. */
interface Seldom {
	readonly reason: string | undefined
	readonly redirectUri: string | undefined
	readonly replacing: string | undefined
	readonly query: number
	readonly querying: number
	readonly byRemoval: boolean
	readonly refused: HeldRefusal | undefined
	readonly newlyAnswered: readonly string[]
	readonly leftOut: readonly OwnAddition[]
	readonly path: RegistrationPath
	readonly alias: ContactAlias | undefined
	readonly remnants: readonly string[] | undefined
	/** All of them, where it is not one of the usual kind. */
	readonly challenges: readonly HeldChallenge[] | undefined
}

/**
 * The states of all registrations, about 100 bytes each: a row of numbers, the nonce as text, and a map for what is seldom
 * there. The machine's state object lives only while an input is worked on.
 */
export class RegistrationTable {
	readonly #rows = new RegistrationRows()
	readonly #kinds = new ChallengeKinds()
	readonly #homes = new HomeRealms()
	readonly #nonces: (string | undefined)[] = []
	#lastNonce = ''
	readonly #seldom = new Map<number, Seldom>()
	readonly #counts = new Int32Array(STATES.length)

	/** Registrations by visible state. */
	countByState(): Map<RegistrationState, number> {
		return new Map(STATES.map((state, index) => [state, this.#counts[index] as number]))
	}

	has(slot: number): boolean {
		return ((this.#rows.u8[slot * WIDTH.u8 + U8.flags] ?? 0) & PRESENT) !== 0
	}

	/** When it wants a `due` input; a row says 0 for never. */
	dueAtMs(slot: number): number {
		return this.#rows.f64[slot * WIDTH.f64 + F64.dueAtMs] ?? 0
	}

	inFlight(slot: number): boolean {
		return ((this.#rows.u8[slot * WIDTH.u8 + U8.flags] ?? 0) & IN_FLIGHT) !== 0
	}

	/** Whether it is shown as registered. */
	isRegistered(slot: number): boolean {
		return this.has(slot) && this.#rows.u8[slot * WIDTH.u8 + U8.shown] === REGISTERED
	}

	attempt(slot: number): number {
		return this.#rows.i32[slot * WIDTH.i32 + I32.attempt] ?? 0
	}

	generation(slot: number): number {
		return this.#rows.i32[slot * WIDTH.i32 + I32.generation] ?? 0
	}

	/** The version of the account that it was last told. */
	accountVersion(slot: number): number {
		return this.#rows.i32[slot * WIDTH.i32 + I32.accountVersion] ?? 0
	}

	revision(slot: number): number {
		return this.#rows.f64[slot * WIDTH.f64 + F64.revision] ?? 0
	}

	/** Failures in a row. */
	failures(slot: number): number {
		return this.#rows.u8[slot * WIDTH.u8 + U8.failures] ?? 0
	}

	path(slot: number): RegistrationPath {
		return this.#seldom.get(slot)?.path ?? NO_PATH
	}

	/** What its registrar may list in place of its contact. */
	alias(slot: number): ContactAlias | undefined {
		return this.#seldom.size === 0 ? undefined : this.#seldom.get(slot)?.alias
	}

	/** Whether it holds a challenge that its next REGISTER answers. */
	isChallenged(slot: number): boolean {
		return (
			(this.#rows.u16[slot * WIDTH.u16 + U16.challengeKind] ?? 0) !== 0 ||
			this.#seldom.get(slot)?.challenges !== undefined
		)
	}

	/** When the REGISTER that its binding rests on was accepted, epoch milliseconds; of one that is not in flight. */
	acceptedAtMs(slot: number): number {
		const granted = this.#rows.i32[slot * WIDTH.i32 + I32.grantedSeconds] ?? 0
		return (this.#rows.f64[slot * WIDTH.f64 + F64.boundUntilMs] ?? 0) - granted * 1000
	}

	/** The challenges that it holds. */
	challenges(slot: number): readonly HeldChallenge[] {
		return this.#seldom.get(slot)?.challenges ?? this.#usualChallenge(slot)
	}

	/** The state; of a slot that has none yet, the initial one. */
	load(slot: number, nowMs: number): Registration {
		if (!this.has(slot)) return initialRegistration(nowMs)
		const { f64, i32, f32, u8 } = this.#rows
		const d = slot * WIDTH.f64
		const n = slot * WIDTH.i32
		const o = slot * WIDTH.u8
		const seldom = this.#seldom.size === 0 ? undefined : this.#seldom.get(slot)
		const flags = u8[o + U8.flags] as number
		return {
			phase: PHASES[u8[o + U8.phase] as number] as RegistrationPhase,
			desired: DESIRED_BINDINGS[(flags >> DESIRED_AT) & 3] as DesiredBinding,
			certain: (flags & CERTAIN) !== 0,
			expiresSeconds: i32[n + I32.expiresSeconds] as number,
			spread: f32[n + F32.spread] as number,
			revision: f64[d + F64.revision] as number,
			generation: i32[n + I32.generation] as number,
			accountVersion: i32[n + I32.accountVersion] as number,
			attempt: i32[n + I32.attempt] as number,
			inFlight: (flags & IN_FLIGHT) !== 0,
			query: seldom?.query ?? 0,
			querying: seldom?.querying ?? 0,
			byRemoval: seldom?.byRemoval ?? false,
			refused: seldom?.refused,
			cseqCount: i32[n + I32.cseqCount] as number,
			challenges: seldom?.challenges ?? this.#usualChallenge(slot),
			home: this.#homes.get(this.#rows.u16[slot * WIDTH.u16 + U16.homeRealm] as number),
			newlyAnswered: seldom?.newlyAnswered ?? NONE,
			repeats: u8[o + U8.repeats] as number,
			leftOut: seldom?.leftOut ?? NOTHING_LEFT_OUT,
			proven: (flags & PROVEN) !== 0,
			boundUntilMs: f64[d + F64.boundUntilMs] as number,
			minExpiresSeconds: i32[n + I32.minExpiresSeconds] as number,
			failures: u8[o + U8.failures] as number,
			dueAtMs: f64[d + F64.dueAtMs] || undefined,
			redirectUri: seldom?.redirectUri,
			listsAsSent: (flags & LISTS_AS_SENT) !== 0,
			alias: seldom?.alias,
			replacing: seldom?.replacing,
			remnants: seldom?.remnants,
			path: seldom?.path ?? NO_PATH,
			status: this.#status(slot, seldom?.reason),
		}
	}

	/** The visible state alone, with what the registrar has said of the shortest registration. */
	status(slot: number): RegistrationStatus | undefined {
		if (!this.has(slot)) return undefined
		const status = this.#status(slot, this.#seldom.get(slot)?.reason)
		const minExpiresSeconds = this.#rows.i32[slot * WIDTH.i32 + I32.minExpiresSeconds] as number
		return minExpiresSeconds > 0 ? { ...status, minExpiresSeconds } : status
	}

	save(slot: number, state: Registration): void {
		this.#rows.reserve(slot)
		const { f64, i32, f32, u8 } = this.#rows
		const d = slot * WIDTH.f64
		const n = slot * WIDTH.i32
		const o = slot * WIDTH.u8
		this.#count(slot, -1)
		u8[o + U8.phase] = PHASES.indexOf(state.phase)
		u8[o + U8.flags] = flagsOf(state)
		i32[n + I32.expiresSeconds] = state.expiresSeconds
		f32[n + F32.spread] = state.spread
		f64[d + F64.revision] = Number(state.revision)
		i32[n + I32.generation] = state.generation
		i32[n + I32.accountVersion] = state.accountVersion
		i32[n + I32.attempt] = state.attempt
		i32[n + I32.cseqCount] = state.cseqCount
		u8[o + U8.repeats] = state.repeats
		f64[d + F64.boundUntilMs] = state.boundUntilMs
		i32[n + I32.minExpiresSeconds] = state.minExpiresSeconds
		u8[o + U8.failures] = Math.min(state.failures, 255)
		f64[d + F64.dueAtMs] = state.dueAtMs ?? 0
		this.#rows.u16[slot * WIDTH.u16 + U16.homeRealm] = this.#homes.numberOf(state.home)
		this.#saveStatus(slot, state.status)
		this.#saveSeldom(slot, state, this.#saveChallenges(slot, state.challenges))
		this.#count(slot, 1)
	}

	/** Forgets the registration. */
	clear(slot: number): void {
		if (!this.has(slot)) return
		this.#count(slot, -1)
		this.#rows.u8[slot * WIDTH.u8 + U8.flags] = 0
		this.#nonces[slot] = undefined
		this.#seldom.delete(slot)
	}

	#status(slot: number, reason: string | undefined): RegistrationStatus {
		const { f64, i32, u16, u8 } = this.#rows
		const d = slot * WIDTH.f64
		const n = slot * WIDTH.i32
		const h = slot * WIDTH.u16
		const o = slot * WIDTH.u8
		const sipStatus = u16[h + U16.shownSip] as number
		const grantedExpiresSeconds = i32[n + I32.grantedSeconds] as number
		const nextAttemptMs = f64[d + F64.dueAtMs] as number
		const state = STATES[u8[o + U8.shown] as number] as RegistrationState
		const sinceMs = f64[d + F64.sinceMs] as number
		const unconfirmed = ((u8[o + U8.flags] as number) & UNCONFIRMED) !== 0
		const accountVersion = i32[n + I32.shownVersion] as number
		// What nearly all look like, at the price of one object.
		if (reason === undefined && sipStatus === 0 && grantedExpiresSeconds !== 0 && !unconfirmed) {
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
			...(unconfirmed ? { confirmed: false as const } : undefined),
			...(nextAttemptMs === 0 ? undefined : { nextAttemptMs }),
		}
	}

	#saveStatus(slot: number, status: RegistrationStatus): void {
		const { f64, i32, u16, u8 } = this.#rows
		const d = slot * WIDTH.f64
		const n = slot * WIDTH.i32
		const h = slot * WIDTH.u16
		const o = slot * WIDTH.u8
		u8[o + U8.shown] = STATES.indexOf(status.state)
		f64[d + F64.sinceMs] = status.sinceMs
		i32[n + I32.shownVersion] = status.accountVersion
		u16[h + U16.shownSip] = status.sipStatus ?? 0
		i32[n + I32.grantedSeconds] = status.grantedExpiresSeconds ?? 0
	}

	#usualChallenge(slot: number): readonly HeldChallenge[] {
		const kind = this.#rows.u16[slot * WIDTH.u16 + U16.challengeKind] as number
		if (kind === 0) return NO_CHALLENGE
		const challenge = this.#kinds.challenge(kind, this.#nonces[slot] ?? '')
		return [{ challenge, nonceCount: this.#rows.i32[slot * WIDTH.i32 + I32.nonceCount] as number }]
	}

	/** Returns what does not fit into the row. */
	#saveChallenges(slot: number, held: readonly HeldChallenge[]): readonly HeldChallenge[] | undefined {
		const c = this.#rows
		const [only] = held
		const usual = only !== undefined && held.length === 1 && only.challenge.opaque === undefined
		const kind = usual ? this.#kinds.numberOf(only.challenge) : 0
		c.u16[slot * WIDTH.u16 + U16.challengeKind] = kind
		if (!usual || kind === 0) {
			this.#nonces[slot] = undefined
			return held.length === 0 ? undefined : held
		}
		c.i32[slot * WIDTH.i32 + I32.nonceCount] = only.nonceCount
		if (this.#nonces[slot] !== only.challenge.nonce) this.#nonces[slot] = this.#ownNonce(only.challenge.nonce)
		return undefined
	}

	/** Accounts of one server often hold the same nonce: it is in memory once for those that came one after the other. */
	#ownNonce(nonce: string): string {
		if (this.#lastNonce !== nonce) this.#lastNonce = ownText(nonce)
		return this.#lastNonce
	}

	#saveSeldom(slot: number, state: Registration, challenges: Seldom['challenges']): void {
		const { redirectUri, replacing, newlyAnswered, leftOut, path, alias, remnants } = state
		const { query, querying, byRemoval, refused } = state
		const { reason } = state.status
		const nothing = newlyAnswered.length === 0 && leftOut.length === 0 && path === NO_PATH && challenges === undefined
		const quiet = query === 0 && querying === 0 && !byRemoval && refused === undefined
		const direct = redirectUri === undefined && replacing === undefined && remnants === undefined
		if (nothing && quiet && direct && reason === undefined && alias === undefined) {
			if (this.#seldom.size > 0) this.#seldom.delete(slot)
			return
		}
		const before = this.#seldom.get(slot)?.alias
		const known = alias && alias !== before ? { ...alias, uri: ownText(alias.uri) } : alias
		const texts = {
			reason: reason && ownText(reason),
			redirectUri: redirectUri && ownText(redirectUri),
			replacing: replacing && ownText(replacing),
		}
		const queried = { query, querying, byRemoval, refused }
		this.#seldom.set(slot, {
			...texts,
			newlyAnswered,
			leftOut,
			path,
			alias: known,
			remnants: remnants?.map(ownText),
			challenges,
			...queried,
		})
	}

	#count(slot: number, change: 1 | -1): void {
		const shown = this.#rows.u8[slot * WIDTH.u8 + U8.shown] as number
		if (this.has(slot)) this.#counts[shown] = (this.#counts[shown] as number) + change
	}
}

function flagsOf({ inFlight, certain, desired, listsAsSent, proven, status }: Registration): number {
	const shown = status.confirmed === false ? UNCONFIRMED : 0
	const known = (certain ? CERTAIN : 0) | (listsAsSent ? LISTS_AS_SENT : 0) | (proven ? PROVEN : 0)
	return PRESENT | shown | known | (inFlight ? IN_FLIGHT : 0) | (DESIRED_BINDINGS.indexOf(desired) << DESIRED_AT)
}

/** A copy of its own: what is cut out of a message keeps the whole message in memory. */
function ownText(text: string): string {
	return text.isWellFormed() ? Buffer.from(text, 'utf8').toString('utf8') : text
}
