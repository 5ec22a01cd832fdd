import { randomUUID } from 'node:crypto'
import type { AccountId, Enrolment, TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import { newAccount, useStores } from '../../test/fixtures.ts'
import { MissingReferenceError } from '../database/database-error.ts'

const { database, stores } = useStores()
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
	it('is good for one use, also when two come at once', async () => {
		const wanted = enrolment()
		await stores().devices.createEnrolment(wanted)
		const uses = await Promise.all([1, 2, 3].map(() => stores().devices.redeemEnrolment(wanted.codeDigest)))
		expect(uses.filter((use) => use !== undefined)).toEqual([{ tenantId, accountId }])
		expect(await stores().devices.redeemEnrolment(wanted.codeDigest)).toBeUndefined()
	})

	it('is no good when unknown or expired', async () => {
		const late = enrolment({ expiresAtMs: Date.now() - 1 })
		await stores().devices.createEnrolment(late)
		expect(await stores().devices.redeemEnrolment(late.codeDigest)).toBeUndefined()
		expect(await stores().devices.redeemEnrolment('unknown')).toBeUndefined()
	})

	it('that expired is cleared away by the next one', async () => {
		const late = enrolment({ expiresAtMs: Date.now() - 1 })
		await stores().devices.createEnrolment(late)
		await stores().devices.createEnrolment(enrolment())
		const left = await database().asPlatform(
			(sql) => sql`select from vigil.enrolments where code_digest = ${late.codeDigest}`,
		)
		expect(left).toHaveLength(0)
	})

	it('is for an account of the tenant', async () => {
		const other = (await stores().tenants.create('other')).id
		const foreign = stores().devices.createEnrolment(enrolment({ tenantId: other }))
		await expect(foreign).rejects.toThrow(MissingReferenceError)
	})

	it('cannot be given out twice', async () => {
		const wanted = enrolment()
		await stores().devices.createEnrolment(wanted)
		await expect(stores().devices.createEnrolment(wanted)).rejects.toMatchObject({ field: 'codeDigest' })
	})
})
