import { describe, expect, it } from 'vitest'
import { files, textOf } from './tree.ts'

/** Where machines live. */
const MACHINES = /^(packages\/(sip|domain)\/src|services\/sip-edge\/src\/registrar)\/.*(?<!\.test)\.ts$/
/** What inputs and effects are called. */
const KIND = /readonly type: ((?:'[^']*'(?: \| )?)+)/g
const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const TIMER_EFFECT = /-timer$/
/** A step shape of its own: `Step` of `packages/sip/src/step.ts` is the only one. */
const STEP_SHAPE = /\binterface \w+(?:<[^>]*>)? (?:extends [^{]+)?\{[^}]*readonly state:[^}]*readonly effects:/

const machines = files.filter((file) => MACHINES.test(file))

function kindsIn(file: string): string[] {
	return [...textOf(file).matchAll(KIND)].flatMap(([, kinds = '']) =>
		[...kinds.matchAll(/'([^']*)'/g)].map(([, kind]) => kind ?? ''),
	)
}

describe('machines', () => {
	it('are found, with what they take and want', () => {
		const kinds = machines.flatMap(kindsIn)
		for (const known of [
			'transmit',
			'send-request',
			'rejected-concurrent',
			'cancel-push',
			'look-up',
			'no-bindings',
			'open-credential',
		]) {
			expect(kinds).toContain(known)
		}
	})

	it('name inputs and effects by kebab-case words', () => {
		const odd = machines.flatMap((file) =>
			kindsIn(file).flatMap((kind) => (KEBAB.test(kind) ? [] : [`${file}: ${kind}`])),
		)
		expect(odd).toEqual([])
	})

	it('ask for time by `dueAtMs` of their state, not by effects', () => {
		const odd = machines.flatMap((file) =>
			kindsIn(file).flatMap((kind) => (TIMER_EFFECT.test(kind) ? [`${file}: ${kind}`] : [])),
		)
		expect(odd).toEqual([])
	})

	it('share one shape of a step', () => {
		expect(
			STEP_SHAPE.test('export interface OddStep {\n\treadonly state: Odd\n\treadonly effects: readonly OddEffect[]\n}'),
		).toBe(true)
		expect(machines.filter((file) => STEP_SHAPE.test(textOf(file)))).toEqual(['packages/sip/src/step.ts'])
	})
})
