import {
	type Decision,
	type DesiredBinding,
	type Holding,
	type HoldingPhase,
	initialHolding,
	type RegistrationMode,
	type SwapEvidence,
} from '@vigil/domain'

const PHASES: readonly HoldingPhase[] = [
	'off',
	'away',
	'releasing',
	'checking',
	'waiting',
	'devices',
	'swapping',
	'offering',
]
const DESIRED_BINDINGS: readonly DesiredBinding[] = ['abandon', 'hold', 'remove', 'keep']
const DECISIONS: readonly Decision[] = ['off', 'service', 'devices']
const EVIDENCE: readonly SwapEvidence[] = ['unknown', 'works', 'fails']
const PRESENT = 1
const PHASE_AT = 1
const MODE_AT = 4
const DESIRED_AT = 6
const WANTED_AT = 8
const SWAP_AT = 10
/** What is so or not, each in a bit of its own from here. */
const BITS_AT = 12
const BITS = [
	'saidUnregistered',
	'inUse',
	'deviceBound',
	'deviceWasBound',
	'leaving',
	'deviceSwaps',
	'registered',
	'keepsSeveral',
	'ownGone',
	'othersGone',
	'changedMode',
	'gaveTurn',
] as const satisfies readonly (keyof Holding)[]
const FIRST_ROWS = 256
const GROWTH = 1.25

/** What only accounts have that have asked a registrar for its bindings. */
type Looking = Pick<Holding, 'query' | 'found' | 'dueAtMs'>

/** Who holds, of every account: four bytes each, and an object for those that look before they move. */
export class HoldingTable {
	#flags = new Uint32Array(0)
	readonly #looking = new Map<number, Looking>()

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

	/** When it wants a `due` input; 0 for never. */
	dueAtMs(slot: number): number {
		return this.#looking.get(slot)?.dueAtMs ?? 0
	}

	/** The state; of a slot that has none yet, the initial one. */
	load(slot: number): Holding {
		const flags = this.#flags[slot] ?? 0
		if (flags === 0) return initialHolding()
		const { query, found, dueAtMs } = this.#looking.get(slot) ?? NEVER_ASKED
		const is = (name: (typeof BITS)[number]) => (flags & bitOf(name)) !== 0
		return {
			phase: PHASES[(flags >> PHASE_AT) & 7] as HoldingPhase,
			mode: ((flags >> MODE_AT) & 3) as RegistrationMode,
			desired: DESIRED_BINDINGS[(flags >> DESIRED_AT) & 3] as DesiredBinding,
			wanted: DECISIONS[(flags >> WANTED_AT) & 3] as Decision,
			swap: EVIDENCE[(flags >> SWAP_AT) & 3] as SwapEvidence,
			query,
			found,
			dueAtMs,
			saidUnregistered: is('saidUnregistered'),
			inUse: is('inUse'),
			deviceBound: is('deviceBound'),
			deviceWasBound: is('deviceWasBound'),
			leaving: is('leaving'),
			deviceSwaps: is('deviceSwaps'),
			registered: is('registered'),
			keepsSeveral: is('keepsSeveral'),
			ownGone: is('ownGone'),
			othersGone: is('othersGone'),
			changedMode: is('changedMode'),
			gaveTurn: is('gaveTurn'),
		}
	}

	/** Whether the next list that binds us tells anything of the server: there is, or was, a device beside us in mode 0. */
	checksCoexistence(slot: number): boolean {
		const flags = this.#flags[slot] ?? 0
		return (flags & COEXISTENCE) !== 0 && (flags & bitOf('keepsSeveral')) === 0
	}

	save(slot: number, state: Holding): void {
		this.#reserve(slot)
		this.#flags[slot] =
			PRESENT |
			(PHASES.indexOf(state.phase) << PHASE_AT) |
			(state.mode << MODE_AT) |
			(DESIRED_BINDINGS.indexOf(state.desired) << DESIRED_AT) |
			(DECISIONS.indexOf(state.wanted) << WANTED_AT) |
			(EVIDENCE.indexOf(state.swap) << SWAP_AT) |
			bitsOf(state)
		const { query, found, dueAtMs } = state
		if (query !== 0 || found !== 0 || dueAtMs !== undefined) this.#looking.set(slot, { query, found, dueAtMs })
		else if (this.#looking.size > 0) this.#looking.delete(slot)
	}

	clear(slot: number): void {
		if (slot < this.#flags.length) this.#flags[slot] = 0
		this.#looking.delete(slot)
	}

	#reserve(slot: number): void {
		if (slot < this.#flags.length) return
		const larger = new Uint32Array(Math.max(slot + 1, Math.ceil(this.#flags.length * GROWTH), FIRST_ROWS))
		larger.set(this.#flags)
		this.#flags = larger
	}
}

function bitOf(name: (typeof BITS)[number]): number {
	return 1 << (BITS_AT + BITS.indexOf(name))
}

const COEXISTENCE = bitOf('deviceBound') | bitOf('deviceWasBound')

function bitsOf(state: Holding): number {
	let bits = 0
	for (const name of BITS) if (state[name]) bits |= bitOf(name)
	return bits
}

const NEVER_ASKED: Looking = { query: 0, found: 0, dueAtMs: undefined }
