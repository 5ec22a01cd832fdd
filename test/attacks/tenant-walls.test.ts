import type { TenantId } from '@vigil/domain'
import type { Database } from '@vigil/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestWorld } from '../world/test-world.ts'

// What a statement shows that has lost its condition, or that was made to ask for more: on the database of a running service, after
// two tenants have had accounts, devices and calls.

let world: TestWorld
let database: Database
let tenants: readonly TenantId[]

beforeAll(async () => {
	world = await TestWorld.start()
	const other = await world.platform.otherTenant()
	tenants = [world.tenant.tenantId, other.tenantId] as TenantId[]
	database = world.platform.platform.parts.database
	for (const tenant of [world.tenant, other]) {
		const username = world.newUser()
		const account = await tenant.addAccount({ username, domain: world.domain, password: 'correct horse' })
		const phone = await tenant.addPhone(account.id)
		await phone.device.handoff('background')
		const call = world.dial(username)
		await call.answered()
		await call.bye()
		await world.recordOf(call, account.id, ['ended'], tenant)
		await phone.close()
	}
})

afterAll(() => world?.close())

/** Every table that there is, so that a new one is looked at too. */
async function tables(): Promise<readonly { readonly name: string; readonly owned: boolean }[]> {
	return database.asPlatform(
		(sql) => sql<{ name: string; owned: boolean }[]>`
			select c.relname as name, exists (
				select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
			) as owned
			from pg_class c where c.relnamespace = 'vigil'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
				and c.relname <> 'migrations'
		`,
	)
}

describe('a statement without a condition', () => {
	it('shows nobody’s rows where it does not say for whom it asks', async () => {
		for (const { name } of await tables()) {
			const rows = database.transaction((sql) => sql`select from ${sql(`vigil.${name}`)}`)
			expect([name, (await rows).length]).toEqual([name, 0])
		}
	})

	it('shows a tenant nothing of another, in any table', async () => {
		let seen = 0
		for (const tenantId of tenants) {
			// Tables of the platform alone are closed to the role that statements of a tenant run as.
			for (const { name } of (await tables()).filter(({ owned }) => owned)) {
				const rows = await database.asTenant(
					tenantId,
					(sql) => sql<{ tenantId: string }[]>`select tenant_id from ${sql(`vigil.${name}`)}`,
				)
				seen += rows.length
				expect([name, ...new Set(rows.map((row) => row.tenantId))].slice(0, 3)).toEqual(
					rows.length === 0 ? [name] : [name, tenantId],
				)
			}
			const events = await database.asTenant(
				tenantId,
				(sql) => sql<{ callId: string }[]>`select call_id from vigil.call_events`,
			)
			const calls = await database.asTenant(tenantId, (sql) => sql<{ id: string }[]>`select id from vigil.calls`)
			expect(new Set(events.map(({ callId }) => callId))).toEqual(new Set(calls.map(({ id }) => id)))
			expect(calls).toHaveLength(1)
		}
		expect(seen).toBeGreaterThan(10)
	})

	it('does not become the platform by saying so', async () => {
		const [tenantId] = tenants
		const rows = database.asTenant(tenantId as TenantId, async (sql) => {
			await sql`select set_config('vigil.scope', 'platform', true)`
			return sql<{ tenantId: string }[]>`select distinct tenant_id from vigil.accounts`
		})
		expect(await rows).toEqual([{ tenantId }])
	})
})
