import type { CallId, DeviceId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import type { CallDriver } from './call-driver.ts'
import { CallRegistry } from './call-registry.ts'

function call(name: string): CallDriver {
	const parts: Partial<CallDriver> = {
		id: name as CallId,
		concerns: (device) => device === `phone ${name}`,
	}
	return parts as CallDriver
}

describe('the calls in memory', () => {
	it('are found by id, tag and device until they are removed', () => {
		const registry = new CallRegistry()
		const [one, other] = [call('one'), call('other')]
		for (const running of [one, other]) registry.add(running)
		registry.addTag('a', one, 'upstream')
		registry.addTag('b', one, 'device', 1)
		registry.addTag('c', other, 'upstream')
		expect(registry.byTag('b', 'device')).toEqual({ call: one, side: 'device', legId: 1 })
		expect(registry.byTag('b', 'upstream')).toBeUndefined()
		expect(registry.concerning('phone one' as DeviceId)).toEqual([one])

		registry.removeTag('b')
		expect(registry.byTag('b', 'device')).toBeUndefined()
		registry.remove(one)
		expect(registry.byTag('a', 'upstream')).toBeUndefined()
		expect(registry.byId(one.id)).toBeUndefined()
		expect(registry.all()).toEqual([other])
		expect(registry.byTag('c', 'upstream')?.call).toBe(other)
	})

	it('a removed call takes no tag of another with it', () => {
		const registry = new CallRegistry()
		const [one, other] = [call('one'), call('other')]
		registry.add(one)
		registry.add(other)
		registry.addTag('a', one, 'upstream')
		registry.removeTag('a')
		registry.addTag('a', other, 'upstream')
		registry.remove(one)
		expect(registry.byTag('a', 'upstream')?.call).toBe(other)
	})
})
