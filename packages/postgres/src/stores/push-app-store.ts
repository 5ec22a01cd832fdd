import type {
	Page,
	PageRequest,
	PushApp,
	PushAppId,
	PushAppSettings,
	PushAppStore,
	Secret,
	TenantId,
} from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { json } from '../database/json.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { pushAppSecret } from '../sealing/sealed-columns.ts'
import { duplicate, meaning, missing } from './constraints.ts'
import { rowsToRead, toPage } from './cursor.ts'
import { newId } from './new-id.ts'
import { byAge, pageQuery } from './page-query.ts'
import { pushAppHealth } from './push-app-health-rows.ts'
import { only } from './rows.ts'

/** Push apps with their sealed provider secrets. */
export function pushAppStore(database: Database, keyRing: KeyRing): PushAppStore {
	return {
		create: (tenantId, name, settings, secret) => create(database, keyRing, { tenantId, name, settings, secret }),
		find: async (tenantId, id) => (await findWhere(database, tenantId, (sql) => sql`id = ${id}`))[0],
		findNamed: (tenantId, names) => findWhere(database, tenantId, (sql) => sql`name = any(${[...names]}::text[])`),
		findMany: (tenantId, ids) => findWhere(database, tenantId, (sql) => sql`id = any(${[...ids]}::text[])`),
		list: (tenantId, page) => list(database, tenantId, page),
		change: (tenantId, id, settings, secret) => change(database, keyRing, { tenantId, id, settings, secret }),
		remove: (tenantId, id) => remove(database, tenantId, id),
		newest: (limit) => newest(database, limit),
		open: (id) => open(database, keyRing, id),
		...pushAppHealth(database),
	}
}

interface NewPushApp {
	readonly tenantId: TenantId
	readonly name: string
	readonly settings: PushAppSettings
	readonly secret: Secret
}

interface PushAppChange {
	readonly tenantId: TenantId
	readonly id: PushAppId
	readonly settings: PushAppSettings
	readonly secret: Secret | undefined
}

type Condition = (sql: Sql) => ReturnType<Sql>

async function create(database: Database, keyRing: KeyRing, app: NewPushApp): Promise<PushApp> {
	const id = newId('app')
	const sealed = keyRing.seal(app.secret, pushAppSecret(id))
	const meanings = {
		push_apps_name: duplicate('name', `The tenant has a push app "${app.name}" already.`),
		push_apps_tenant: missing(`There is no tenant ${app.tenantId}.`),
	}
	const write = database.asTenant(
		app.tenantId,
		(sql) => sql<PushApp[]>`
			insert into vigil.push_apps (id, tenant_id, name, settings, secret)
			values (${id}, ${app.tenantId}, ${app.name}, ${json(sql, app.settings)}, ${sealed})
			returning ${columns(sql)}
		`,
	)
	return only(await meaning(meanings, write))
}

async function findWhere(database: Database, tenantId: TenantId, condition: Condition): Promise<readonly PushApp[]> {
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<PushApp[]>`
			select ${columns(sql)} from vigil.push_apps where tenant_id = ${tenantId} and ${condition(sql)}
		`,
	)
	return [...rows]
}

async function list(database: Database, tenantId: TenantId, page: PageRequest): Promise<Page<PushApp>> {
	return database.asTenant(tenantId, async (sql) => {
		const { where, order } = await pageQuery(sql, byAge(sql, 'push-apps', 'push_apps', tenantId), page)
		const rows = await sql<PushApp[]>`
			select ${columns(sql)} from vigil.push_apps where ${where} order by ${order} limit ${rowsToRead(page)}
		`
		return toPage('push-apps', rows, page, ({ createdAtMs, id }) => ({ at: createdAtMs, id }))
	})
}

async function change(database: Database, keyRing: KeyRing, wanted: PushAppChange): Promise<PushApp | undefined> {
	const { tenantId, id, settings, secret } = wanted
	const sealed = secret && keyRing.seal(secret, pushAppSecret(id))
	const rows = await database.asTenant(
		tenantId,
		(sql) => sql<PushApp[]>`
			update vigil.push_apps
			set settings = ${json(sql, settings)}, secret = coalesce(${sealed ?? null}, secret), version = version + 1
			where tenant_id = ${tenantId} and id = ${id}
			returning ${columns(sql)}
		`,
	)
	return rows[0]
}

async function remove(database: Database, tenantId: TenantId, id: PushAppId): Promise<boolean> {
	const result = await database.asTenant(
		tenantId,
		(sql) => sql`delete from vigil.push_apps where tenant_id = ${tenantId} and id = ${id}`,
	)
	return result.count > 0
}

async function newest(database: Database, limit: number): ReturnType<PushAppStore['newest']> {
	return database.asPlatform(
		(sql) => sql<Pick<PushApp, 'id' | 'tenantId'>[]>`
			select id, tenant_id from vigil.push_apps order by created_at_ms desc limit ${limit}
		`,
	)
}

async function open(database: Database, keyRing: KeyRing, id: PushAppId): ReturnType<PushAppStore['open']> {
	const rows = await database.asPlatform(
		(sql) => sql<(PushApp & { sealed: string })[]>`
			select ${columns(sql)}, secret as sealed from vigil.push_apps where id = ${id}
		`,
	)
	if (!rows[0]) return undefined
	const { sealed, ...app } = rows[0]
	return { app, credential: { secret: keyRing.open(sealed, pushAppSecret(id)) } }
}

function columns(sql: Sql) {
	return sql`id, tenant_id, name, settings, version, created_at_ms`
}
