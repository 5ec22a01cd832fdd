import type { SeededRandom } from '@vigil/testkit'
import type { PhoneHabits } from './phone.ts'

/** How large a world is, and how bad its network. */
export interface WorldSize {
	readonly workers: number
	readonly edges: number
	readonly phones: number
	readonly calls: number
	readonly loss: number
}

export const USUAL_SIZE: WorldSize = { workers: 2, edges: 2, phones: 50, calls: 40, loss: 0.3 }

/** Something that happens once. */
export type Happening =
	| {
			readonly kind: 'call'
			readonly phone: number
			readonly cancelAfterMs: number | undefined
			readonly talkMs: number
	  }
	| { readonly kind: 'worker-crash' | 'edge-crash'; readonly at: number; readonly downMs: number }
	| { readonly kind: 'server-forgets'; readonly at: number }
	| { readonly kind: 'phone-killed'; readonly phone: number }

export interface Planned {
	readonly atMs: number
	readonly happening: Happening
}

/** Everything that chance decides before a world begins. */
export interface Scenario {
	readonly habits: readonly PhoneHabits[]
	readonly planned: readonly Planned[]
}

/** Accounts register, over a network that loses much, before anything else happens. */
const WARM_UP_MS = 60_000
const BUSY_MS = 120_000

export function scenarioOf(random: SeededRandom, size: WorldSize): Scenario {
	const habits = Array.from({ length: size.phones }, () => habitsOf(random))
	const at = () => WARM_UP_MS + random.next() * BUSY_MS
	const calls = Array.from({ length: size.calls }, (): Planned => {
		const cancelAfterMs = random.chance(0.15) ? random.integer(100, 20_000) : undefined
		const phone = random.integer(0, size.phones - 1)
		return { atMs: at(), happening: { kind: 'call', phone, cancelAfterMs, talkMs: random.integer(1000, 15_000) } }
	})
	const faults = Array.from(
		{ length: random.integer(0, 3) },
		(): Planned => ({ atMs: at(), happening: faultOf(random, size) }),
	)
	return { habits, planned: [...calls, ...faults].sort((one, other) => one.atMs - other.atMs) }
}

function habitsOf(random: SeededRandom): PhoneHabits {
	return {
		transport: random.chance(0.5) ? 'udp' : 'tcp',
		reaction: random.pick(['answer', 'answer', 'answer', 'decline', 'ignore'] as const),
		wakesAfterMs: random.chance(0.1) ? 'never' : random.integer(50, 4000),
		ringsForMs: random.integer(100, 6000),
		hangsUpAfterMs: random.chance(0.3) ? random.integer(500, 12_000) : undefined,
		idleMs: random.integer(5000, 40_000),
	}
}

function faultOf(random: SeededRandom, { workers, edges, phones }: WorldSize): Happening {
	const kind = random.pick(['worker-crash', 'edge-crash', 'server-forgets', 'phone-killed'] as const)
	switch (kind) {
		case 'worker-crash':
			return { kind, at: random.integer(0, workers - 1), downMs: random.integer(500, 8000) }
		case 'edge-crash':
			return { kind, at: random.integer(0, edges - 1), downMs: random.integer(500, 8000) }
		case 'server-forgets':
			return { kind, at: random.integer(0, workers - 1) }
		case 'phone-killed':
			return { kind, phone: random.integer(0, phones - 1) }
	}
}
