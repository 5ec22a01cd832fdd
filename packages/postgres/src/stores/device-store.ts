import type {
	AccountId,
	Device,
	DeviceChange,
	DeviceId,
	DeviceStore,
	DeviceWrite,
	NewDevice,
	SupersededDevice,
	TenantId,
} from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { deviceSipSecret } from '../sealing/sealed-columns.ts'
import { statements } from './activity-rows.ts'
import { duplicate, meaning, missing } from './constraints.ts'
import { deviceLists } from './device-list.ts'
import { type DeviceRow, deviceColumns, toDevice } from './device-rows.ts'
import { enrolments, useUp } from './enrolment-rows.ts'
import { newId } from './new-id.ts'
import { pushTokens, replacePushTokens } from './push-token-rows.ts'
import { removals } from './removed-device-rows.ts'
import { only } from './rows.ts'
import { sipCredentials } from './sip-credential-rows.ts'

/** Devices with their push tokens and lines. */
export function deviceStore(database: Database, keyRing: KeyRing): DeviceStore {
	return {
		create: async (device) => present(await create(database, keyRing, device)),
		enrol: (codeDigest, device) => create(database, keyRing, device, codeDigest),
		enrolLine: (codeDigest, device, accountId) => enrolLine(database, codeDigest, device, accountId),
		addLine: (tenantId, deviceId, accountId) => addLine(database, tenantId, deviceId, accountId),
		find: (tenantId, id) => find(database, tenantId, id),
		findByToken: (tokenDigest) => loadWhere(database, (sql) => sql`d.token_digest = ${tokenDigest}`),
		load: (id) => loadWhere(database, (sql) => sql`d.id = ${id}`),
		findByAccounts: (tenantId, accountIds) => findByAccounts(database, tenantId, accountIds),
		loadByAccounts: (accountIds) => loadByAccounts(database, accountIds),
		change: (tenantId, id, change) => changeDevice(database, tenantId, id, change),
		...deviceLists(database),
		...statements(database),
		...removals(database),
		...sipCredentials(database, keyRing),
		...enrolments(database),
		...pushTokens(database),
	}
}

type Condition = (sql: Sql) => ReturnType<Sql>

const REFERENCES = {
	lines_account: missing('A line names an account that the tenant does not have.'),
	push_tokens_app: missing('A push token names a push app that the tenant does not have.'),
	devices_tenant: missing('The tenant does not exist.'),
	devices_token: duplicate('tokenDigest', 'Another device has this token.'),
}

function present<T>(value: T | undefined): T {
	if (value === undefined) throw new Error('a device that needs no code was not created')
	return value
}

/** With a code, undefined where it is none for the device's line. */
async function create(
	database: Database,
	keyRing: KeyRing,
	device: NewDevice,
	codeDigest?: string,
): Promise<DeviceWrite | undefined> {
	const { tenantId } = device
	const id = newId('dev') as DeviceId
	const write = database.asTenant(tenantId, async (sql) => {
		if (codeDigest !== undefined && !(await useUp(sql, codeDigest, device.lines[0] ?? ''))) return undefined
		await sql`
			insert into vigil.devices ${sql({
				id,
				tenant_id: tenantId,
				platform: device.platform,
				name: device.name ?? null,
				instance_id: device.instanceId,
				token_digest: device.tokenDigest,
				sip_secret: keyRing.seal(device.sipSecret, deviceSipSecret(id)),
			})}
		`
		await sql`
			insert into vigil.lines (device_id, account_id, tenant_id)
			select ${id}, line, ${tenantId} from unnest(${[...device.lines]}::text[]) with ordinality as l(line, place)
			order by place
			on conflict do nothing
		`
		return written(sql, id, await replacePushTokens(sql, id, device.pushTokens))
	})
	const outcome = await meaning(REFERENCES, write)
	return outcome && { device: toDevice(only(outcome.rows)), superseded: outcome.superseded }
}

async function enrolLine(
	database: Database,
	codeDigest: string,
	{ id, tenantId }: Pick<Device, 'id' | 'tenantId'>,
	accountId: AccountId,
): Promise<boolean> {
	const write = database.asTenant(tenantId, async (sql) => {
		if (!(await useUp(sql, codeDigest, accountId))) return false
		await sql`
			insert into vigil.lines (device_id, account_id, tenant_id) values (${id}, ${accountId}, ${tenantId})
			on conflict (device_id, account_id) do nothing
		`
		return true
	})
	return meaning({ ...REFERENCES, lines_device: missing(`There is no device ${id}.`) }, write)
}

/** The foreign key refuses another tenant's account. */
async function addLine(
	database: Database,
	tenantId: TenantId,
	deviceId: DeviceId,
	accountId: AccountId,
): Promise<void> {
	const result = await meaning(
		REFERENCES,
		database.asTenant(
			tenantId,
			(sql) => sql`
				insert into vigil.lines (device_id, account_id, tenant_id)
				select id, ${accountId}, tenant_id from vigil.devices where id = ${deviceId}
				on conflict (device_id, account_id) do update set tenant_id = excluded.tenant_id
			`,
		),
	)
	if (result.count === 0) throw missing(`There is no device ${deviceId}.`)()
}

async function find(database: Database, tenantId: TenantId, id: DeviceId): Promise<Device | undefined> {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<DeviceRow[]>`
			select ${deviceColumns(sql)} from vigil.devices d where d.tenant_id = ${tenantId} and d.id = ${id}
		`,
	)
	return rows[0] && toDevice(rows[0])
}

async function loadWhere(database: Database, condition: Condition): Promise<Device | undefined> {
	const rows = await database.asPlatform(
		(sql) => sql<DeviceRow[]>`select ${deviceColumns(sql)} from vigil.devices d where ${condition(sql)}`,
	)
	return rows[0] && toDevice(rows[0])
}

/** Accounts without devices have no entry. */
async function loadByAccounts(
	database: Database,
	accountIds: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, readonly Device[]>> {
	return byAccount(await database.asPlatform((sql) => linesOf(sql, accountIds)))
}

async function findByAccounts(
	database: Database,
	tenantId: TenantId,
	accountIds: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, readonly Device[]>> {
	return byAccount(await database.asTenant(tenantId, (sql) => linesOf(sql, accountIds)))
}

type LineRow = DeviceRow & { readonly forAccount: AccountId }

function linesOf(sql: Sql, accountIds: readonly AccountId[]) {
	return sql<LineRow[]>`
		select n.account_id as for_account, ${deviceColumns(sql)}
		from vigil.lines n join vigil.devices d on d.id = n.device_id
		where n.account_id = any(${[...accountIds]}::text[])
		order by n.position
	`
}

function byAccount(rows: readonly LineRow[]): ReadonlyMap<AccountId, readonly Device[]> {
	const devices = new Map<AccountId, Device[]>()
	for (const { forAccount, ...row } of rows) {
		const known = devices.get(forAccount)
		if (known) known.push(toDevice(row))
		else devices.set(forAccount, [toDevice(row)])
	}
	return devices
}

async function changeDevice(
	database: Database,
	tenantId: TenantId,
	id: DeviceId,
	change: DeviceChange,
): Promise<DeviceWrite | undefined> {
	const write = database.asTenant(tenantId, async (sql) => {
		// Locks the device, so that two changes of its tokens come one after the other.
		await sql`update vigil.devices set name = coalesce(${change.name ?? null}, name) where id = ${id}`
		return written(sql, id, change.pushTokens ? await replacePushTokens(sql, id, change.pushTokens) : [])
	})
	const { rows, superseded } = await meaning(REFERENCES, write)
	return rows[0] && { device: toDevice(rows[0]), superseded }
}

async function written(sql: Sql, id: DeviceId, superseded: readonly SupersededDevice[]) {
	const rows = await sql<DeviceRow[]>`select ${deviceColumns(sql)} from vigil.devices d where d.id = ${id}`
	return { rows, superseded }
}
