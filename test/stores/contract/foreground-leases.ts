import type { AccountId, ActivityChange, DeviceId, TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'
import { enrolledDevice, newAccount, newDevice } from './fixtures.ts'

/** What every store of its kind does. */
export function foregroundLeaseStoreContract(stores: () => ContractStores): void {
	let tenantId: TenantId

	beforeAll(async () => {
		tenantId = (await stores().tenants.create('leases')).id
	})

	async function someLine(): Promise<AccountId> {
		return (await stores().accounts.create(newAccount(tenantId))).id
	}

	async function deviceThat(change: ActivityChange, lines: readonly AccountId[] = []): Promise<DeviceId> {
		const { id } = await enrolledDevice(stores().devices, newDevice(tenantId, { lines }))
		await stores().devices.setActivity(tenantId, id, change)
		return id
	}

	const leased = (leaseUntilMs: number): ActivityChange => ({
		activity: 'foreground',
		registeredUpstream: true,
		leaseUntilMs,
	})

	describe('foreground leases', () => {
		it('that have lapsed lead to the accounts of their devices, each once', async () => {
			const [one, two, three] = [await someLine(), await someLine(), await someLine()]
			await deviceThat(leased(1000), [one, two])
			await deviceThat(leased(1500), [two])
			await deviceThat(leased(2000), [three])
			await deviceThat({ activity: 'foreground', registeredUpstream: true }, [await someLine()])
			const { foregroundLeases } = stores()
			expect(await foregroundLeases.accountsWithLapsedLease(0, 999)).toEqual([])
			expect(await foregroundLeases.accountsWithLapsedLease(0, 1999)).toEqual([one, two].toSorted())
			expect(await foregroundLeases.accountsWithLapsedLease(1000, 1500)).toEqual([two])
			expect(await foregroundLeases.accountsWithLapsedLease(1500, 2000)).toEqual([three])
		})

		it('are those of devices in the foreground alone', async () => {
			const line = await someLine()
			const id = await deviceThat(leased(5000), [line])
			await stores().devices.setActivity(tenantId, id, { activity: 'background', registeredUpstream: false })
			expect(await stores().foregroundLeases.accountsWithLapsedLease(4999, 5000)).toEqual([])
			expect(await stores().devices.load(id)).not.toHaveProperty('leaseUntilMs')
		})

		it('are prolonged, never shortened, and not given to a device that has none', async () => {
			const { foregroundLeases, devices } = stores()
			const id = await deviceThat(leased(7000))
			const renew = (...ids: DeviceId[]) => foregroundLeases.renewLeases(new Map(ids.map((one) => [one, 8000])), 6999)
			expect(await renew(id)).toBe(1)
			expect(await foregroundLeases.renewLeases(new Map([[id, 7500]]), 6999)).toBe(0)
			expect(await devices.load(id)).toMatchObject({ leaseUntilMs: 8000 })
			const unleased = await deviceThat({ activity: 'foreground', registeredUpstream: true })
			const away = await deviceThat({ activity: 'background', registeredUpstream: false })
			const lapsed = await deviceThat(leased(6999))
			const [one, two] = [await deviceThat(leased(7000)), await deviceThat(leased(7001))]
			expect(await renew(unleased, away, lapsed, one, two, 'dev_none' as DeviceId)).toBe(2)
			expect(await renew()).toBe(0)
			expect((await devices.load(lapsed))?.leaseUntilMs).toBe(6999)
		})
	})

	describe('numbered statements', () => {
		it('change nothing when a later one was first', async () => {
			const { devices } = stores()
			const id = await deviceThat({ ...leased(9000), sequence: 7 })
			const before = await devices.load(id)
			const late = await devices.setActivity(tenantId, id, {
				activity: 'background',
				registeredUpstream: false,
				sequence: 6,
			})
			expect(late).toEqual({ device: before })
			expect(await devices.load(id)).toEqual(before)
		})

		it('may be repeated, and the highest number stays', async () => {
			const { devices } = stores()
			const id = await deviceThat({ ...leased(9000), sequence: 7 })
			const again = await devices.setActivity(tenantId, id, { ...leased(9500), sequence: 7 })
			expect(again).toMatchObject({ device: { sequence: 7, leaseUntilMs: 9500 }, before: { leaseUntilMs: 9000 } })
			const unnumbered = await devices.setActivity(tenantId, id, {
				activity: 'background',
				registeredUpstream: false,
				unregisteredUpstream: true,
			})
			expect(unnumbered?.device).toMatchObject({ activity: 'background', sequence: 7, unregisteredUpstream: true })
			const big = Number.MAX_SAFE_INTEGER
			expect((await devices.setActivity(tenantId, id, { ...leased(1), sequence: big }))?.device.sequence).toBe(big)
		})

		it('that race end with the highest, whoever comes last', async () => {
			const { devices } = stores()
			const id = await deviceThat({ ...leased(1), sequence: 0 })
			const numbers = Array.from({ length: 12 }, (_, index) => ((index * 5) % 12) + 1)
			await Promise.all(numbers.map((sequence) => devices.setActivity(tenantId, id, { ...leased(sequence), sequence })))
			expect(await devices.load(id)).toMatchObject({ sequence: 12, leaseUntilMs: 12 })
		})

		it('tell exactly what they have replaced, also when they race', async () => {
			const { devices } = stores()
			const id = await deviceThat(leased(0))
			const outcomes = await Promise.all(
				Array.from({ length: 12 }, (_, index) => devices.setActivity(tenantId, id, leased(index + 1))),
			)
			const links = outcomes.map((outcome) => [outcome?.before?.leaseUntilMs, outcome?.device.leaseUntilMs])
			const replaced = links.map(([before]) => before).toSorted((a = 0, b = 0) => a - b)
			const last = (await devices.load(id))?.leaseUntilMs
			expect([...replaced, last].toSorted((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 13 }, (_, n) => n))
		})
	})
}
