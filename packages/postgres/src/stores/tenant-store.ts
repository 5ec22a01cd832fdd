import type { ApiKey, ApiKeyId, Page, PageRequest, Tenant, TenantId, TenantStore } from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import { meaning, missing } from './constraints.ts'
import { rowsToRead, startOf, toPage } from './cursor.ts'
import { newId } from './new-id.ts'
import { byAge, pageQuery } from './page-query.ts'
import { only, present } from './rows.ts'

interface ApiKeyRow {
	readonly id: ApiKeyId
	readonly tenantId: TenantId
	readonly name: string
	readonly createdAtMs: number
	readonly revokedAtMs: number | null
}

/** Tenants and the digests of their API keys. */
export function tenantStore(database: Database): TenantStore {
	return {
		create: (name) => createTenant(database, name),
		find: (id) => findTenant(database, id),
		list: (page) => listTenants(database, page),
		createApiKey: (tenantId, name, digest) => createApiKey(database, tenantId, name, digest),
		listApiKeys: (tenantId, page) => listApiKeys(database, tenantId, page),
		revokeApiKey: (tenantId, id) => revokeApiKey(database, tenantId, id),
		findApiKey: (digest) => findApiKey(database, digest),
	}
}

async function createTenant(database: Database, name: string): Promise<Tenant> {
	const rows = await database.asPlatform(
		(sql) => sql<Tenant[]>`
			insert into vigil.tenants (id, name) values (${newId('ten')}, ${name}) returning id, name, created_at_ms
		`,
	)
	return only(rows)
}

async function findTenant(database: Database, id: TenantId): Promise<Tenant | undefined> {
	const rows = await database.asPlatform(
		(sql) => sql<Tenant[]>`select id, name, created_at_ms from vigil.tenants where id = ${id}`,
	)
	return rows[0]
}

async function listTenants(database: Database, page: PageRequest): Promise<Page<Tenant>> {
	const start = startOf('tenants', page)
	const rows = await database.asPlatform(
		(sql) => sql<Tenant[]>`
			select id, name, created_at_ms from vigil.tenants
			where ${start ? sql`(created_at_ms, id) > (${start.at}, ${start.id})` : sql`true`}
			order by created_at_ms, id limit ${rowsToRead(page)}
		`,
	)
	return toPage('tenants', rows, page, ({ createdAtMs, id }) => ({ at: createdAtMs, id }))
}

async function createApiKey(database: Database, tenantId: TenantId, name: string, digest: string): Promise<ApiKey> {
	const id = newId('key')
	const meanings = { api_keys_tenant: missing(`There is no tenant ${tenantId}.`) }
	const rows = await meaning(
		meanings,
		database.asTenant(
			tenantId,
			(sql) => sql<ApiKeyRow[]>`
				insert into vigil.api_keys (id, tenant_id, name, digest) values (${id}, ${tenantId}, ${name}, ${digest})
				returning ${keyColumns(sql)}
			`,
		),
	)
	return present(only(rows))
}

async function listApiKeys(database: Database, tenantId: TenantId, page: PageRequest): Promise<Page<ApiKey>> {
	return database.asTenant(tenantId, async (sql) => {
		const { where, order } = await pageQuery(sql, byAge(sql, 'api-keys', 'api_keys', tenantId), page)
		const rows = await sql<ApiKeyRow[]>`
			select ${keyColumns(sql)} from vigil.api_keys where ${where} order by ${order} limit ${rowsToRead(page)}
		`
		return toPage<ApiKey>('api-keys', rows.map(present<ApiKeyRow>), page, ({ createdAtMs, id }) => ({
			at: createdAtMs,
			id,
		}))
	})
}

async function revokeApiKey(database: Database, tenantId: TenantId, id: ApiKeyId): Promise<boolean> {
	const result = await database.asTenant(
		tenantId,
		(sql) => sql`
			update vigil.api_keys set revoked_at_ms = vigil.now_ms()
			where tenant_id = ${tenantId} and id = ${id} and revoked_at_ms is null
		`,
	)
	return result.count > 0
}

async function findApiKey(database: Database, digest: string): Promise<ApiKey | undefined> {
	const rows = await database.asPlatform(
		(sql) => sql<ApiKeyRow[]>`
			select ${keyColumns(sql)} from vigil.api_keys where digest = ${digest} and revoked_at_ms is null
		`,
	)
	return rows[0] && present(rows[0])
}

function keyColumns(sql: Sql) {
	return sql`id, tenant_id, name, created_at_ms, revoked_at_ms`
}
