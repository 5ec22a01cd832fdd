import { type AccountId, MOST_EVENTS, type Page, type PageRequest, Secret, type TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import { APNS, keyRing, newAccount, useStores } from '../../test/fixtures.ts'
import type { Database, Sql } from '../database/connect.ts'
import { MOST_SCANNED } from './cursor.ts'
import { createStores, type Stores } from './stores.ts'

const ROWS = 12_000
const LIMIT = 50
/** Lines and their devices, or accounts and their states, are looked at twice where a filter is asked; a device shown has lines and tokens. */
const MOST_READ = 4 * MOST_SCANNED + 6 * LIMIT

const { database, stores } = useStores()
let tenantId: TenantId
let shared: AccountId

/** A tenant with a lot of everything, of which one in a thousand is something rare. */
beforeAll(async () => {
	const { tenants, accounts, pushApps } = stores()
	tenantId = (await tenants.create('large')).id
	shared = (await accounts.create(newAccount(tenantId, { username: 'shared' }))).id
	const app = await pushApps.create(tenantId, 'rare', APNS, new Secret('pem'))
	await database().asTenant(tenantId, async (sql) => {
		const rare = sql`n % 1000 = 999`
		const all = sql`generate_series(0, ${ROWS - 1}) as n`
		await sql`
			insert into vigil.accounts (id, tenant_id, username, domain, transport, password, attributes, contact_token, created_at_ms)
			select 'acc_' || n, ${tenantId}, case when ${rare} then 'rare' else 'user' || n end, 'pbx' || n, 'udp', 'x', '{}', 'contact ' || n, n
			from ${all}
		`
		await sql`
			insert into vigil.registration_status (account_id, tenant_id, state, since_ms, account_version)
			select 'acc_' || n, ${tenantId}, case when ${rare} then 'rejected' else 'registered' end, 1, 1 from ${all}
		`
		await sql`
			insert into vigil.devices (id, tenant_id, platform, instance_id, token_digest, sip_secret, created_at_ms)
			select 'dev_' || n, ${tenantId}, case when ${rare} then 'web' else 'ios' end, 'urn:uuid:' || n, 'digest ' || n, 'x', n
			from ${all}
		`
		await sql`
			insert into vigil.push_tokens (id, tenant_id, device_id, push_app_id, kind, token)
			select 'tok_' || n, ${tenantId}, 'dev_' || n, ${app.id}, 'voip', 'token ' || n from ${all} where ${rare}
		`
		await sql`insert into vigil.lines (device_id, account_id, tenant_id) select 'dev_' || n, ${shared}, ${tenantId} from ${all}`
		await sql`
			insert into vigil.calls (id, tenant_id, account_id, direction, sip_call_id, from_uri, to_uri, started_at_ms, outcome)
			select 'call_' || n, ${tenantId}, ${shared}, case when ${rare} then 'outgoing' else 'incoming' end, 'sip ' || n,
				case when ${rare} then 'sip:rare@x' else 'sip:' || n || '@x' end, 'sip:b@x', n,
				case when ${rare} then 'missed' else 'answered' end
			from ${all}
		`
		await sql`insert into vigil.call_events (call_id, at_ms, kind) select 'call_1', n, 'ringing' from ${all}`
		await sql`
			insert into vigil.push_apps (id, tenant_id, name, settings, secret) select 'app_' || n, ${tenantId}, 'app' || n, '{}', 'x' from ${all}
		`
		await sql`
			insert into vigil.api_keys (id, tenant_id, name, digest) select 'key_' || n, ${tenantId}, 'key', 'key digest ' || n from ${all}
		`
	})
	await database().asPlatform((sql) => sql`analyze`)
})

/** The stores on a database that counts the rows that PostgreSQL reads of tables on behalf of a tenant. */
function countingStores(): { stores: Stores; rowsRead: () => number } {
	let rowsRead = 0
	const counting: Database = {
		...database(),
		asTenant: (id, work) =>
			database().asTenant(id, async (sql) => {
				const before = await rowsReadSoFar(sql)
				const result = await work(sql)
				rowsRead += (await rowsReadSoFar(sql)) - before
				return result
			}),
	}
	return { stores: createStores(counting, keyRing), rowsRead: () => rowsRead }
}

/** By this connection, of rows whose count it has not yet handed in. */
async function rowsReadSoFar(sql: Sql): Promise<number> {
	const [row] = await sql<{ read: number }[]>`
		select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::integer as read from pg_stat_xact_user_tables
	`
	return row?.read ?? 0
}

type List = (stores: Stores, page: PageRequest) => Promise<Page<{ readonly id: string }>>

const RARE = ROWS / 1000
const LISTS: readonly (readonly [name: string, rows: number, list: List])[] = [
	['accounts', ROWS + 1, ({ accounts }, page) => accounts.list(tenantId, {}, page)],
	['accounts of a user name', RARE, ({ accounts }, page) => accounts.list(tenantId, { username: 'rare' }, page)],
	['accounts in a state', RARE, ({ accounts }, page) => accounts.list(tenantId, { state: 'rejected' }, page)],
	['devices', ROWS, ({ devices }, page) => devices.list(tenantId, {}, page)],
	['devices of an account', ROWS, ({ devices }, page) => devices.list(tenantId, { accountId: shared }, page)],
	['devices of a platform', RARE, ({ devices }, page) => devices.list(tenantId, { platform: 'web' }, page)],
	[
		'devices of an account and a platform',
		RARE,
		({ devices }, page) => devices.list(tenantId, { accountId: shared, platform: 'web' }, page),
	],
	[
		'devices of a push app',
		RARE,
		async ({ devices, pushApps }, page) => {
			const [app] = await pushApps.findNamed(tenantId, ['rare'])
			return devices.list(tenantId, app === undefined ? {} : { pushAppId: app.id }, page)
		},
	],
	['calls', ROWS, ({ calls }, page) => calls.list(tenantId, {}, page)],
	['calls of an account', ROWS, ({ calls }, page) => calls.list(tenantId, { accountId: shared }, page)],
	['calls of an outcome', RARE, ({ calls }, page) => calls.list(tenantId, { outcome: 'missed' }, page)],
	['calls of a direction', RARE, ({ calls }, page) => calls.list(tenantId, { direction: 'outgoing' }, page)],
	['calls of a caller', RARE, ({ calls }, page) => calls.list(tenantId, { fromUri: 'sip:rare@x' }, page)],
	['calls of a Call-ID', 1, ({ calls }, page) => calls.list(tenantId, { sipCallId: 'sip 7' }, page)],
	[
		'calls of a time',
		100,
		({ calls }, page) => calls.list(tenantId, { startedFromMs: 500, startedBeforeMs: 600 }, page),
	],
	['push apps', ROWS + 1, ({ pushApps }, page) => pushApps.list(tenantId, page)],
	['API keys', ROWS, ({ tenants }, page) => tenants.listApiKeys(tenantId, page)],
]

describe('a page', () => {
	it.each(LISTS)('of %s reads a bounded number of rows, wherever it begins', async (_name, rows, list) => {
		const found = new Set<string>()
		let cursor: string | undefined
		let pages = 0
		do {
			const counted = countingStores()
			const page: PageRequest = { limit: LIMIT, ...(cursor === undefined ? {} : { cursor }) }
			const { items, nextCursor } = await list(counted.stores, page)
			expect(counted.rowsRead()).toBeLessThan(MOST_READ)
			for (const { id } of items) found.add(id)
			cursor = nextCursor
		} while (cursor !== undefined && ++pages < 12)
		expect(found.size).toBe(Math.min(rows, 12 * LIMIT))
	})

	it('is not begun by a cursor of another list, or by one that was made up', async () => {
		const { accounts, devices } = stores()
		const { nextCursor = '' } = await accounts.list(tenantId, {}, { limit: 1 })
		const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
		for (const cursor of [nextCursor, 'none', made(['devices', 'x', 'y']), made(['devices', 1]), made(null)]) {
			await expect(devices.list(tenantId, {}, { limit: 1, cursor })).rejects.toThrow(/not one that this list gave/)
		}
		const fraction = made(['lines', 1.5, 'dev_1'])
		await expect(devices.list(tenantId, { accountId: shared }, { limit: 1, cursor: fraction })).rejects.toThrow(
			/not one that this list gave/,
		)
	})
})

describe('a long timeline', () => {
	it('is shown by its beginning and its end', async () => {
		const counted = countingStores()
		const events = await counted.stores.calls.timeline(tenantId, 'call_1' as never)
		expect(events.map(({ atMs }) => atMs)).toEqual([
			...Array.from({ length: MOST_EVENTS / 2 }, (_, n) => n),
			...Array.from({ length: MOST_EVENTS / 2 }, (_, n) => ROWS - MOST_EVENTS / 2 + n),
		])
		expect(counted.rowsRead()).toBeLessThan(MOST_READ)
	})
})
