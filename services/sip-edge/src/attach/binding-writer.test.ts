import type { DeviceBinding, DeviceId } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { testSeed, VirtualClock } from '@vigil/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryBindings } from '../../test/support/memory-stores.ts'
import { BindingWriter } from './binding-writer.ts'

const deviceId = 'device-1' as DeviceId

function binding(bindingId: string): DeviceBinding {
	return { deviceId, bindingId, route: 'sip:edge;lr', contact: 'sip:d@h', attachedAtMs: 0, expiresAtMs: 1 }
}

function setUp() {
	const clock = new VirtualClock()
	const store = new MemoryBindings()
	let failures = 0
	const writer = new BindingWriter({ store, clock, logger: silentLogger, onFailure: () => failures++ })
	const stored = () => store.rows.get(deviceId)?.bindingId
	return { clock, store, writer, stored, failures: () => failures }
}

describe('BindingWriter', () => {
	it('tries again, less and less often, until it succeeds', async () => {
		const { clock, store, writer, stored, failures } = setUp()
		store.failures = 3
		writer.save(binding('a'))
		await clock.advance(0)
		expect(failures()).toBe(1)
		await clock.advance(500 + 1000)
		expect(stored()).toBeUndefined()
		await clock.advance(2000)
		expect(stored()).toBe('a')
		expect(clock.pendingTimers).toBe(0)
	})

	it('lets no slow write come out on top of a later one', async () => {
		const { clock, store, writer, stored } = setUp()
		const { promise, resolve } = Promise.withResolvers<void>()
		store.gate = promise
		writer.save(binding('a'))
		writer.remove(deviceId, 'a')
		writer.save(binding('b'))
		await clock.advance(0)
		resolve()
		await clock.advance(0)
		expect(stored()).toBe('b')
		expect(store.saves).toBe(2)
	})

	it('does not write what a later save makes pointless', async () => {
		const { clock, store, writer, stored } = setUp()
		store.failures = 1
		writer.save(binding('a'))
		await clock.advance(0)
		writer.save(binding('b'))
		await clock.advance(60_000)
		expect(stored()).toBe('b')
		expect(store.saves).toBe(1)
	})

	it('ends with the last word, whatever fails on the way', async () => {
		const words = fc.record({
			save: fc.boolean(),
			id: fc.constantFrom('a', 'b', 'c'),
			failures: fc.nat(2),
			wait: fc.nat(700),
		})
		await fc.assert(
			fc.asyncProperty(fc.array(words, { maxLength: 12 }), async (story) => {
				const { clock, store, writer, stored } = setUp()
				let expected: string | undefined
				for (const { save, id, failures, wait } of story) {
					store.failures = failures
					if (save) writer.save(binding(id))
					else writer.remove(deviceId, id)
					if (save) expected = id
					else if (expected === id) expected = undefined
					await clock.advance(wait)
				}
				store.failures = 0
				await clock.advance(60_000)
				expect(stored()).toBe(expected)
				expect(clock.pendingTimers).toBe(0)
			}),
			{ seed: testSeed(), numRuns: 50 },
		)
	})

	it('writes nothing more when it is closed', async () => {
		const { clock, store, writer, stored } = setUp()
		store.failures = 1
		writer.save(binding('a'))
		await clock.advance(0)
		await writer.close()
		writer.save(binding('b'))
		await clock.advance(60_000)
		expect(stored()).toBeUndefined()
		expect(clock.pendingTimers).toBe(0)
	})
})
