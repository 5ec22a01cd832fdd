import type { DeviceBinding, DeviceId } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { describe, expect, it } from 'vitest'
import { MemorySignals } from '../../test/support/memory-stores.ts'
import { BindingPublisher } from './binding-publisher.ts'

const binding: DeviceBinding = {
	deviceId: 'd' as DeviceId,
	bindingId: 'b1',
	route: 'sip:edge;lr',
	contact: 'sip:d@h',
	attachedAtMs: 1,
	expiresAtMs: 2,
}

describe('BindingPublisher', () => {
	it('sends the first event within the same turn', () => {
		const signals = new MemorySignals()
		new BindingPublisher({ signals, logger: silentLogger, onFailure: () => {} }).attached(binding, 5)
		expect(signals.published.items).toEqual([
			{
				topic: 'device.attached',
				payload: { deviceId: 'd', bindingId: 'b1', route: 'sip:edge;lr', contact: 'sip:d@h', atMs: 5 },
			},
		])
	})

	it('keeps the order of what is said of one device, though sending takes its time', async () => {
		const order: string[] = []
		const { promise, resolve } = Promise.withResolvers<void>()
		const publish = async (topic: string) => {
			order.push(`begin ${topic}`)
			if (topic === 'device.attached') await promise
			order.push(`end ${topic}`)
		}
		const publisher = new BindingPublisher({ signals: { publish }, logger: silentLogger, onFailure: () => {} })
		publisher.attached(binding, 5)
		publisher.detached(binding.deviceId, 'b1')
		resolve()
		await publisher.settled()
		expect(order).toEqual([
			'begin device.attached',
			'end device.attached',
			'begin device.detached',
			'end device.detached',
		])
	})

	it('counts what could not be sent, and goes on', async () => {
		const signals = new MemorySignals()
		signals.broken = true
		let failures = 0
		const publisher = new BindingPublisher({ signals, logger: silentLogger, onFailure: () => failures++ })
		publisher.attached(binding, 5)
		await publisher.settled()
		signals.broken = false
		publisher.detached(binding.deviceId, 'b1')
		await publisher.settled()
		expect(failures).toBe(1)
		expect(signals.published.items).toHaveLength(1)
	})
})
