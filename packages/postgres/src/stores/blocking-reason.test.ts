import type { Account, RegistrationStatus } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { newAccount, useStores } from '../../test/fixtures.ts'

const { database, stores } = useStores()

async function waiting(blockingReason: string): Promise<Account> {
	const { tenants, accounts } = stores()
	const account = await accounts.create(newAccount((await tenants.create('blocked')).id))
	const { id, tenantId } = account
	await accounts.saveStatuses(new Map([[id, { tenantId, status: status(blockingReason) }]]))
	return account
}

function status(blockingReason?: string): RegistrationStatus {
	const facts = { state: 'registered', sinceMs: 1, accountVersion: 1 } as const
	return blockingReason === undefined ? facts : { ...facts, blockingReason }
}

describe('the blocking reason', () => {
	it('is read by processes of the version before, in their column', async () => {
		const { id, tenantId } = await waiting('a device is registered')
		const read = () =>
			database().asPlatform((sql) => sql`select hindrance from vigil.registration_status where account_id = ${id}`)
		expect(await read()).toEqual([{ hindrance: 'a device is registered' }])
		await stores().accounts.saveStatuses(new Map([[id, { tenantId, status: status() }]]))
		expect(await read()).toEqual([{ hindrance: null }])
	})

	it.each(['it has changed', null])('is what a process of the version before has written: %s', async (hindrance) => {
		const { id, tenantId } = await waiting('a device is registered')
		await database().asPlatform(
			(sql) => sql`
				insert into vigil.registration_status (account_id, tenant_id, state, since_ms, account_version, hindrance)
				select account_id, tenant_id, state, since_ms, account_version, ${hindrance}
				from vigil.registration_status where account_id = ${id}
				on conflict (account_id) do update set hindrance = excluded.hindrance
			`,
		)
		expect((await stores().accounts.status(tenantId, id))?.blockingReason).toBe(hindrance ?? undefined)
	})
})
