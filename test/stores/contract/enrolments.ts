import { randomUUID } from 'node:crypto'
import type { AccountId, Enrolment, TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ContractStores } from './contract-stores.ts'
import { enrolledDevice, newAccount, newDevice } from './fixtures.ts'

/** What every store of its kind does. */
export function enrolmentContract(stores: () => ContractStores): void {
	let tenantId: TenantId
	let accountId: AccountId

	beforeAll(async () => {
		tenantId = (await stores().tenants.create('enrolments')).id
		accountId = (await stores().accounts.create(newAccount(tenantId))).id
	})

	function enrolment(fields: Partial<Enrolment> = {}): Enrolment {
		return { tenantId, accountId, codeDigest: randomUUID(), expiresAtMs: Date.now() + 60_000, ...fields }
	}

	describe('an enrolment code', () => {
		const device = () => newDevice(tenantId, { lines: [accountId] })

		it('is good for one use, however many come at once, by whatever way', async () => {
			for (let round = 0; round < 10; round++) {
				const wanted = enrolment()
				const { devices } = stores()
				await devices.createEnrolment(wanted)
				const other = await enrolledDevice(devices, newDevice(tenantId))
				expect(await devices.findEnrolment(wanted.codeDigest)).toEqual({ tenantId, accountId })
				const uses = await Promise.all([
					...[1, 2, 3, 4].map(async () => (await devices.enrol(wanted.codeDigest, device())) !== undefined),
					...[1, 2].map(() => devices.enrolLine(wanted.codeDigest, other, accountId)),
				])
				expect(uses.filter((used) => used)).toHaveLength(1)
				expect(await devices.findEnrolment(wanted.codeDigest)).toBeUndefined()
			}
		})

		it('has neither less nor more of its life after a use that was refused', async () => {
			const { devices, tenants } = stores()
			const wanted = enrolment()
			await devices.createEnrolment(wanted)
			const tokenDigest = randomUUID()
			await enrolledDevice(devices, newDevice(tenantId, { tokenDigest }))
			const [strange] = [(await stores().accounts.create(newAccount((await tenants.create('strange')).id))).id]
			await expect(devices.enrol(wanted.codeDigest, { ...device(), tokenDigest })).rejects.toThrow(/has this token/)
			expect(await devices.enrol(wanted.codeDigest, newDevice(tenantId, { lines: [strange] }))).toBeUndefined()
			expect(await devices.findEnrolment(wanted.codeDigest)).toEqual({ tenantId, accountId })
			expect(await devices.enrol(wanted.codeDigest, device())).toBeDefined()
		})

		it('is no good when unknown or expired, or for a disabled account', async () => {
			const { devices, accounts } = stores()
			const late = enrolment({ expiresAtMs: Date.now() - 1 })
			await devices.createEnrolment(late)
			expect(await devices.findEnrolment(late.codeDigest)).toBeUndefined()
			expect(await devices.enrol(late.codeDigest, device())).toBeUndefined()
			expect(await devices.enrol('unknown', device())).toBeUndefined()
			const disabled = await accounts.create(newAccount(tenantId))
			const wanted = enrolment({ accountId: disabled.id })
			await devices.createEnrolment(wanted)
			await accounts.change(tenantId, disabled.id, { disabled: true })
			expect(await devices.enrol(wanted.codeDigest, newDevice(tenantId, { lines: [disabled.id] }))).toBeUndefined()
		})

		it('that expired is cleared away by the next one', async () => {
			const late = enrolment({ expiresAtMs: Date.now() - 1 })
			await stores().devices.createEnrolment(late)
			await stores().devices.createEnrolment(enrolment())
			// One that is still there could not be given out again.
			await stores().devices.createEnrolment(late)
		})

		it('is for an account of the tenant', async () => {
			const other = (await stores().tenants.create('other')).id
			const foreign = stores().devices.createEnrolment(enrolment({ tenantId: other }))
			await expect(foreign).rejects.toMatchObject({ name: 'MissingReferenceError' })
		})

		it('cannot be given out twice', async () => {
			const wanted = enrolment()
			await stores().devices.createEnrolment(wanted)
			await expect(stores().devices.createEnrolment(wanted)).rejects.toMatchObject({ field: 'codeDigest' })
		})
	})
}
