import { Secret } from '@vigil/domain'
import { testSeed } from '@vigil/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RegistrarRun, responseOf } from '../../test/support/registering.ts'
import { NOTHING_KNOWN, type RegistrarEffect } from './types.ts'

const PASSWORD = 'correct horse'

type Happening =
	| { readonly what: 'register'; readonly flow: number; readonly right: boolean; readonly expires: number }
	| { readonly what: 'flow-closed'; readonly flow: number }
	| { readonly what: 'wait'; readonly ms: number }
	| { readonly what: 'due' }
	| { readonly what: 'device-removed' }

const flowNumbers = fc.integer({ min: 0, max: 2 })
const happenings: fc.Arbitrary<Happening> = fc.oneof(
	fc.record({
		what: fc.constant('register' as const),
		flow: flowNumbers,
		right: fc.boolean(),
		expires: fc.constantFrom(0, 30, 60, 600),
	}),
	fc.record({ what: fc.constant('flow-closed' as const), flow: flowNumbers }),
	fc.record({ what: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700_000 }) }),
	fc.constant({ what: 'due' as const }),
	fc.constant({ what: 'device-removed' as const }),
)

/** What those who only see the effects believe: the store, and the other services. */
class Onlooker {
	stored: { bindingId: string; untilMs: number } | undefined
	readonly everAttached = new Set<string>()

	see(effects: readonly RegistrarEffect[]): void {
		for (const effect of effects) {
			if (effect.type === 'attached' || effect.type === 'store') {
				this.stored = { bindingId: effect.binding.bindingId, untilMs: effect.binding.storedUntilMs }
			}
			if (effect.type === 'attached') this.everAttached.add(effect.binding.bindingId)
			if (effect.type === 'detached' && this.stored?.bindingId === effect.binding.bindingId) this.stored = undefined
		}
	}
}

/** A flow that was closed comes back as another one: its generation is part of its id. */
class Flows {
	readonly #generations = [0, 0, 0]

	facts(flow: number) {
		return { id: this.#id(flow), source: `198.51.100.${flow}` }
	}

	close(flow: number): string {
		const id = this.#id(flow)
		this.#generations[flow] = (this.#generations[flow] ?? 0) + 1
		return id
	}

	isOpen(id: string): boolean {
		return [0, 1, 2].some((flow) => this.#id(flow) === id)
	}

	#id(flow: number): string {
		return `flow-${flow}-${this.#generations[flow]}`
	}
}

function play(run: RegistrarRun, flows: Flows, happening: Happening, cseq: number): readonly RegistrarEffect[] {
	switch (happening.what) {
		case 'register': {
			const overrides = { cseq, expires: String(happening.expires) }
			const effects = run.registerWith(happening.right ? PASSWORD : 'wrong', overrides, flows.facts(happening.flow))
			const allowed = happening.right ? [200, 423] : [401]
			expect(allowed).toContain(responseOf(effects).status)
			return effects
		}
		case 'flow-closed':
			return run.feed({ type: 'flow-closed', flowId: flows.close(happening.flow) })
		case 'wait':
			run.nowMs += happening.ms
			return []
		case 'due':
		case 'device-removed':
			return run.feed({ type: happening.what })
	}
}

function fireDueTimer(run: RegistrarRun, onlooker: Onlooker): void {
	for (let rounds = 0; run.state.dueAtMs !== undefined && run.state.dueAtMs <= run.nowMs; rounds++) {
		expect(rounds).toBeLessThan(3)
		onlooker.see(run.feed({ type: 'due' }))
	}
}

describe('registrar', () => {
	it('keeps one binding on an open flow, and lets onlookers see the same', () => {
		fc.assert(
			fc.property(fc.array(happenings, { maxLength: 40 }), (story) => {
				const run = new RegistrarRun({ secret: new Secret(PASSWORD) })
				const flows = new Flows()
				const onlooker = new Onlooker()
				let cseq = 1
				for (const happening of story) {
					onlooker.see(play(run, flows, happening, cseq++))
					fireDueTimer(run, onlooker)
					const binding = run.state.binding
					expect(onlooker.stored?.bindingId).toBe(binding?.bindingId)
					if (!binding) continue
					expect(onlooker.everAttached).toContain(binding.bindingId)
					expect(flows.isOpen(binding.flowId)).toBe(true)
					expect(binding.expiresAtMs).toBeGreaterThan(run.nowMs)
					expect(onlooker.stored?.untilMs).toBeGreaterThanOrEqual(binding.expiresAtMs)
					expect(run.state.dueAtMs).toBe(binding.expiresAtMs)
				}
			}),
			{ seed: testSeed() },
		)
	})

	it('forgets a device that stays away', () => {
		fc.assert(
			fc.property(fc.array(happenings, { maxLength: 20 }), (story) => {
				const run = new RegistrarRun({ secret: new Secret(PASSWORD) })
				const flows = new Flows()
				const onlooker = new Onlooker()
				let cseq = 1
				for (const happening of story) onlooker.see(play(run, flows, happening, cseq++))
				for (let rounds = 0; run.state.dueAtMs !== undefined && rounds < 5; rounds++) {
					run.nowMs = Math.max(run.nowMs, run.state.dueAtMs)
					fireDueTimer(run, onlooker)
				}
				expect(run.state).toEqual(NOTHING_KNOWN)
			}),
			{ seed: testSeed() },
		)
	})
})
