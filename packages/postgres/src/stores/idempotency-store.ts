import { createHash } from 'node:crypto'
import {
	type IdempotencyClaim,
	type IdempotencyKey,
	type IdempotencyStore,
	MOST_IDEMPOTENCY_KEYS,
	Secret,
	type StoredResponse,
} from '@vigil/domain'
import type { Database, Sql } from '../database/connect.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { storedResponse } from '../sealing/sealed-columns.ts'

const KEPT_MS = 86_400_000
/** Longer than any request takes. */
const CLAIMED_MS = 300_000
/** Old keys that go with each new one: more than one, so that they cannot pile up. */
const GONE_WITH_EACH = 10

/** Answers by key, in the database, so that every process repeats them and a restart loses none. */
export function idempotencyStore(database: Database, keyRing: KeyRing): IdempotencyStore {
	return {
		claim: (key, fingerprint) => claim(database, keyRing, key, fingerprint),
		finish: (key, response) => finish(database, keyRing, key, response),
		abandon: (key) => abandon(database, key),
	}
}

async function claim(
	database: Database,
	keyRing: KeyRing,
	key: IdempotencyKey,
	fingerprint: string,
): Promise<IdempotencyClaim> {
	const id = idOf(key)
	const claimed = await asOwner(
		database,
		key,
		(sql) => sql`
			insert into vigil.idempotency_keys as k (id, tenant_id, fingerprint, expires_at_ms)
			values (${id}, ${key.tenantId ?? null}, ${fingerprint}, vigil.now_ms() + ${CLAIMED_MS})
			on conflict (id) do update set
				fingerprint = excluded.fingerprint, made_at_ms = excluded.made_at_ms, expires_at_ms = excluded.expires_at_ms,
				answer = null
			where k.expires_at_ms <= vigil.now_ms()
		`,
	)
	if (claimed.count > 0) {
		await clear(database, key)
		return { kind: 'new' }
	}
	const [row] = await asOwner(
		database,
		key,
		(sql) => sql<{ fingerprint: string; response: string | null }[]>`
			select fingerprint, answer as response from vigil.idempotency_keys where id = ${id}
		`,
	)
	// It was given up between the two statements: whoever asks again goes on.
	if (row === undefined) return { kind: 'running' }
	if (row.fingerprint !== fingerprint) return { kind: 'different' }
	if (row.response === null) return { kind: 'running' }
	return {
		kind: 'done',
		response: JSON.parse(keyRing.open(row.response, storedResponse(id)).reveal()) as StoredResponse,
	}
}

/** What has expired goes, whoever had it, and the owner's oldest beyond its bound. */
async function clear(database: Database, key: IdempotencyKey): Promise<void> {
	await Promise.all([clearExpired(database), clearSurplus(database, key)])
}

async function clearExpired(database: Database): Promise<void> {
	await database.asPlatform(
		(sql) => sql`
			delete from vigil.idempotency_keys where id in (
				select id from vigil.idempotency_keys where expires_at_ms <= vigil.now_ms()
				order by expires_at_ms limit ${GONE_WITH_EACH} for update skip locked
			)
		`,
	)
}

async function clearSurplus(database: Database, key: IdempotencyKey): Promise<void> {
	const { tenantId } = key
	await asOwner(
		database,
		key,
		(sql) => sql`
		delete from vigil.idempotency_keys where id in (
			select id from vigil.idempotency_keys
			where ${tenantId === undefined ? sql`tenant_id is null` : sql`tenant_id = ${tenantId}`}
			order by made_at_ms desc offset ${MOST_IDEMPOTENCY_KEYS} limit ${GONE_WITH_EACH} for update skip locked
		)
	`,
	)
}

/** As the tenant of the key; one of the administrator, or of who has no credential yet, is the platform's. */
function asOwner<T>(database: Database, { tenantId }: IdempotencyKey, work: (sql: Sql) => Promise<T>): Promise<T> {
	return tenantId === undefined ? database.asPlatform(work) : database.asTenant(tenantId, work)
}

async function finish(
	database: Database,
	keyRing: KeyRing,
	key: IdempotencyKey,
	response: StoredResponse,
): Promise<void> {
	const id = idOf(key)
	const sealed = keyRing.seal(new Secret(JSON.stringify(response)), storedResponse(id))
	await asOwner(
		database,
		key,
		(sql) => sql`
			update vigil.idempotency_keys set answer = ${sealed}, expires_at_ms = vigil.now_ms() + ${KEPT_MS} where id = ${id}
		`,
	)
}

async function abandon(database: Database, key: IdempotencyKey): Promise<void> {
	await asOwner(
		database,
		key,
		(sql) => sql`delete from vigil.idempotency_keys where id = ${idOf(key)} and answer is null`,
	)
}

/** Keys are what clients make them; of what they are used for nothing is to be read here. */
function idOf({ text }: IdempotencyKey): string {
	return createHash('sha256').update(text).digest('hex')
}
