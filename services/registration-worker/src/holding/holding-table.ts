import { type Holding, type HoldingPhase, initialHolding, type RegistrationMode, type Wish } from '@vigil/domain'

const PHASES: readonly HoldingPhase[] = ['off', 'away', 'releasing', 'checking', 'waiting', 'devices']
const WISHES: readonly Wish[] = ['forget', 'hold', 'release']
const PRESENT = 1
const SAID_UNREGISTERED = 2
const OWN_GONE = 4
const PHASE_AT = 3
const MODE_AT = 6
const WISH_AT = 8
const OTHERS_GONE = 1 << 10
const CHANGED_MODE = 1 << 11
const FIRST_ROWS = 256
const GROWTH = 1.25

/** What only accounts have that were in mode 1 once. */
type Emulated = Pick<Holding, 'question' | 'found' | 'dueAtMs'>

/** Who holds, of every account: two bytes each, and an object for those in mode 1. */
export class HoldingTable {
	#flags = new Uint16Array(0)
	readonly #emulated = new Map<number, Emulated>()

	has(slot: number): boolean {
		return ((this.#flags[slot] ?? 0) & PRESENT) !== 0
	}

	phase(slot: number): HoldingPhase | undefined {
		const flags = this.#flags[slot] ?? 0
		return flags === 0 ? undefined : PHASES[(flags >> PHASE_AT) & 7]
	}

	mode(slot: number): RegistrationMode {
		return (((this.#flags[slot] ?? 0) >> MODE_AT) & 3) as RegistrationMode
	}

	dueAtMs(slot: number): number {
		return this.#emulated.get(slot)?.dueAtMs ?? 0
	}

	/** The state; of a slot that has none yet, the initial one. */
	load(slot: number): Holding {
		const flags = this.#flags[slot] ?? 0
		if (flags === 0) return initialHolding()
		const { question, found, dueAtMs } = this.#emulated.get(slot) ?? NEVER_ASKED
		return {
			phase: PHASES[(flags >> PHASE_AT) & 7] as HoldingPhase,
			mode: ((flags >> MODE_AT) & 3) as RegistrationMode,
			wish: WISHES[(flags >> WISH_AT) & 3] as Wish,
			question,
			found,
			dueAtMs,
			saidUnregistered: (flags & SAID_UNREGISTERED) !== 0,
			ownGone: (flags & OWN_GONE) !== 0,
			othersGone: (flags & OTHERS_GONE) !== 0,
			changedMode: (flags & CHANGED_MODE) !== 0,
		}
	}

	save(slot: number, state: Holding): void {
		this.#reserve(slot)
		this.#flags[slot] =
			PRESENT |
			(state.saidUnregistered ? SAID_UNREGISTERED : 0) |
			(state.ownGone ? OWN_GONE : 0) |
			(state.othersGone ? OTHERS_GONE : 0) |
			(state.changedMode ? CHANGED_MODE : 0) |
			(PHASES.indexOf(state.phase) << PHASE_AT) |
			(state.mode << MODE_AT) |
			(WISHES.indexOf(state.wish) << WISH_AT)
		const { question, found, dueAtMs } = state
		if (question !== 0 || found !== 0 || dueAtMs !== 0) this.#emulated.set(slot, { question, found, dueAtMs })
		else if (this.#emulated.size > 0) this.#emulated.delete(slot)
	}

	clear(slot: number): void {
		if (slot < this.#flags.length) this.#flags[slot] = 0
		this.#emulated.delete(slot)
	}

	#reserve(slot: number): void {
		if (slot < this.#flags.length) return
		const larger = new Uint16Array(Math.max(slot + 1, Math.ceil(this.#flags.length * GROWTH), FIRST_ROWS))
		larger.set(this.#flags)
		this.#flags = larger
	}
}

const NEVER_ASKED: Emulated = { question: 0, found: 0, dueAtMs: 0 }
