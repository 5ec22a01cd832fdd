import type { DeviceBinding, DeviceId, TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'
import { enrolledDevice, newDevice } from './fixtures.ts'

/** What every store of its kind does. */
export function bindingStoreContract(stores: () => ContractStores): void {
	const NOW = 1_700_000_000_000
	let tenantId: TenantId

	beforeAll(async () => {
		tenantId = (await stores().tenants.create('bindings')).id
	})

	async function bindingOf(fields: Partial<DeviceBinding> = {}): Promise<DeviceBinding> {
		const deviceId = fields.deviceId ?? (await enrolledDevice(stores().devices, newDevice(tenantId))).id
		return {
			bindingId: 'first',
			route: 'sip:192.0.2.1:5060;lr;flow=abc',
			contact: 'sip:bob@198.51.100.7:40000;transport=tcp',
			attachedAtMs: NOW + 0.25,
			expiresAtMs: NOW + 60_000.5,
			...fields,
			deviceId,
		}
	}

	function listed(binding: DeviceBinding, nowMs = NOW): Promise<readonly DeviceBinding[]> {
		return stores().bindings.list([binding.deviceId], nowMs)
	}

	describe('a binding', () => {
		it('is listed until it expires', async () => {
			const binding = await bindingOf()
			await stores().bindings.save(binding)
			expect(await listed(binding)).toEqual([binding])
			expect(await listed(binding, binding.expiresAtMs)).toEqual([])
			expect(await stores().bindings.list([], NOW)).toEqual([])
		})

		it('is replaced by the next of the same device', async () => {
			const binding = await bindingOf()
			await stores().bindings.save(binding)
			const next = { ...binding, bindingId: 'second', route: 'sip:192.0.2.2;lr', attachedAtMs: NOW + 1 }
			await stores().bindings.save(next)
			expect(await listed(binding)).toEqual([next])
		})

		it('is removed only while it is still the one', async () => {
			const binding = await bindingOf()
			await stores().bindings.save(binding)
			await stores().bindings.save({ ...binding, bindingId: 'second' })
			expect(await stores().bindings.remove(binding.deviceId, 'first')).toBe(false)
			expect(await stores().bindings.remove(binding.deviceId, 'second')).toBe(true)
			expect(await listed(binding)).toEqual([])
		})

		it('goes with its edge, and no other edge takes it along', async () => {
			const kept = await bindingOf({ route: 'sip:edge:50601;lr' })
			const gone = [await bindingOf({ route: 'sip:edge:5060;lr;flow=x' }), await bindingOf({ route: 'sip:edge:5060' })]
			for (const binding of [kept, ...gone]) await stores().bindings.save(binding)
			expect(await stores().bindings.removeByEdge('sip:edge:5060')).toBe(2)
			expect(await listed(kept)).toEqual([kept])
		})

		it('of a device that is gone is not kept', async () => {
			const binding = await bindingOf({ deviceId: 'dev_none' as DeviceId })
			await stores().bindings.save(binding)
			expect(await listed(binding)).toEqual([])
		})
	})
}
