import { Secret, type TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import { APNS, enrolledDevice, newAccount, newCall, newDevice, useStores } from '../../test/fixtures.ts'

const { database, stores } = useStores()
/** Tables that hold nothing of a tenant. */
const OF_NOBODY: readonly string[] = ['migrations', 'turns', 'write_probe']
let mine: TenantId
let theirs: TenantId

/** One row of everything that a tenant can own. */
async function furnish(name: string): Promise<TenantId> {
	const { tenants, tenantSettings, pushApps, accounts, devices, bindings, calls } = stores()
	const { id } = await tenants.create(name)
	await tenants.createApiKey(id, 'key', `digest of ${name}`)
	await tenantSettings.change(id, { credentialInactivityDays: 7 })
	const app = await pushApps.create(id, 'phone', APNS, new Secret('pem'))
	await pushApps.noteOutcome(app, { state: 'working', atMs: 1 })
	const account = await accounts.create(newAccount(id))
	await accounts.saveStatuses(
		new Map([[account.id, { tenantId: id, status: { state: 'registered', sinceMs: 1, accountVersion: 1 } }]]),
	)
	const counted = { scope: 'account', kind: 'load', count: 1, firstAtMs: 1, lastAtMs: 1 } as const
	await stores().refusals.add([{ accountId: account.id, tenantId: id, ...counted }])
	const gone = await accounts.create(newAccount(id))
	await accounts.remove(id, gone.id, { forgetCallers: true })
	await devices.createEnrolment({
		tenantId: id,
		accountId: account.id,
		codeDigest: name,
		expiresAtMs: Date.now() + 60_000,
	})
	const pushTokens = [{ pushAppId: app.id, kind: 'voip' as const, token: 'aa' }]
	const device = await enrolledDevice(devices, newDevice(id, { pushTokens, lines: [account.id] }))
	await bindings.save({
		deviceId: device.id,
		bindingId: 'b',
		route: 'r',
		contact: 'c',
		attachedAtMs: 1,
		expiresAtMs: 2,
	})
	await devices.remove(id, (await enrolledDevice(devices, newDevice(id))).id)
	await stores().idempotency.claim({ tenantId: id, text: `key of ${name}` }, 'body')
	const call = newCall(id, account.id, { outcome: 'missed' })
	await calls.begin(call)
	await calls.append([{ callId: call.id, atMs: 1, kind: 'ended' }])
	await calls.markSeen(device, [call.id])
	return id
}

async function tables(): Promise<string[]> {
	const rows = await database().asPlatform(
		(sql) => sql<{ name: string }[]>`
			select relname as name from pg_class where relnamespace = 'vigil'::regnamespace and relkind = 'r'
		`,
	)
	return rows.map((row) => row.name).filter((name) => !OF_NOBODY.includes(name))
}

async function countAs(tenantId: TenantId, table: string): Promise<number> {
	const [row] = await database().asTenant(
		tenantId,
		(sql) => sql<{ count: number }[]>`select count(*)::integer as count from ${sql(`vigil.${table}`)}`,
	)
	return row?.count ?? 0
}

beforeAll(async () => {
	mine = await furnish('mine')
	theirs = await furnish('theirs')
})

describe('row-level security', () => {
	it('shows a tenant its own rows in every table, without any condition in the statement', async () => {
		const names = await tables()
		expect(names.length).toBeGreaterThanOrEqual(15)
		for (const table of names) {
			const [all] = await database().asPlatform(
				(sql) => sql<{ count: number }[]>`select count(*)::integer as count from ${sql(`vigil.${table}`)}`,
			)
			expect([table, all?.count]).toEqual([table, 2])
			expect([table, await countAs(mine, table), await countAs(theirs, table)]).toEqual([table, 1, 1])
		}
	})

	it('shows nothing where no tenant is named', async () => {
		for (const table of await tables()) expect([table, await countAs('' as TenantId, table)]).toEqual([table, 0])
		const bare = database().transaction(async (sql) => {
			await sql`set local role vigil_tenant`
			return sql`select * from vigil.accounts`
		})
		expect(await bare).toHaveLength(0)
	})

	it('shows nothing to the service itself, which owns the tables, until it says for whom it asks', async () => {
		for (const table of await tables()) {
			const rows = database().transaction((sql) => sql`select * from ${sql(`vigil.${table}`)}`)
			expect([table, await rows]).toEqual([table, []])
		}
		const changed = await database().transaction((sql) => sql`update vigil.accounts set disabled = true`)
		expect(changed.count).toBe(0)
		const added = database().transaction((sql) => sql`insert into vigil.tenants (id, name) values ('ten_x', 'x')`)
		await expect(added).rejects.toThrow(/row-level security/)
	})

	it('is asked once for a statement of the platform', async () => {
		const plan = await database().asPlatform(
			(sql) => sql<{ line: string }[]>`explain select from vigil.accounts where id > 'a' order by id`,
		)
		expect(plan.map((row) => Object.values(row)[0]).join()).toContain('InitPlan')
	})

	it('lets a tenant neither change, remove nor give away rows', async () => {
		const disabled = await database().asTenant(mine, (sql) => sql`update vigil.accounts set disabled = true`)
		expect(disabled.count).toBe(1)
		const taken = database().asTenant(mine, (sql) => sql`update vigil.accounts set tenant_id = ${theirs}`)
		await expect(taken).rejects.toThrow(/row-level security/)
		const removed = await database().asTenant(mine, (sql) => sql`delete from vigil.missed_seen`)
		expect(removed.count).toBe(1)
		expect(await countAs(theirs, 'missed_seen')).toBe(1)
	})

	it('lets a tenant make nothing for another', async () => {
		const planted = database().asTenant(
			mine,
			(sql) => sql`insert into vigil.api_keys (id, tenant_id, name, digest) values ('k', ${theirs}, 'x', 'x')`,
		)
		await expect(planted).rejects.toThrow(/row-level security/)
	})

	it('keeps a tenant away from the tenants and the migrations', async () => {
		const renamed = database().asTenant(mine, (sql) => sql`update vigil.tenants set name = 'x'`)
		await expect(renamed).rejects.toThrow(/permission denied/)
		await expect(database().asTenant(mine, (sql) => sql`select * from vigil.migrations`)).rejects.toThrow(
			/permission denied/,
		)
	})
})
