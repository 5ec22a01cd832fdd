import { describe, expect, it } from 'vitest'
import { tokensFor } from '../push/wake-strategy.ts'
import type { Device, PushToken } from './device.ts'
import { capabilitiesOf, PUSH_TOKEN_KINDS, type PushTokenKind } from './push-token-kinds.ts'

const KINDS = Object.keys(PUSH_TOKEN_KINDS) as PushTokenKind[]

describe('what a push token can do', () => {
	const device = { pushTokens: KINDS.map((kind) => ({ kind, id: kind }) as PushToken) } as unknown as Device
	const kindsFor = (intent: Parameters<typeof tokensFor>[0]) => tokensFor(intent, device).map(({ kind }) => kind)

	it.each(KINDS)('decides which intents %s serves', (kind) => {
		const { rings, silent, cancels } = capabilitiesOf({ kind })
		expect(kindsFor('call').includes(kind)).toBe(rings)
		expect(kindsFor('refresh').includes(kind)).toBe(silent)
		expect(kindsFor('call-cancelled').includes(kind)).toBe(cancels)
		expect(kindsFor('test')).toContain(kind)
	})

	it('is at least to ring or to reach the app unseen, and what cancels is not seen', () => {
		for (const { rings, silent, cancels } of Object.values(PUSH_TOKEN_KINDS)) {
			expect(rings || silent).toBe(true)
			expect(!cancels || silent).toBe(true)
		}
	})

	it('has tests of a device try what shows no call first', () => {
		expect(kindsFor('test').at(-1)).toBe('voip')
	})
})
