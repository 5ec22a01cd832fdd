import { randomUUID } from 'node:crypto'
import { type IdempotencyKey, MOST_IDEMPOTENCY_KEYS, type TenantId } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import { useStores } from '../../test/fixtures.ts'

const { database, stores } = useStores()
const RESPONSE = { status: 201, body: '{"key":"vgl_key_secret"}', contentType: 'application/json' }

async function newTenant(): Promise<TenantId> {
	return (await stores().tenants.create('keys')).id
}

function keyOf(tenantId: TenantId): IdempotencyKey {
	return { tenantId, text: randomUUID() }
}

describe('an idempotency key', () => {
	it('is claimed by one of many at once, and repeats what came of it', async () => {
		const { idempotency } = stores()
		const key = keyOf(await newTenant())
		const claims = await Promise.all(Array.from({ length: 8 }, () => idempotency.claim(key, 'body')))
		expect(claims.filter(({ kind }) => kind === 'new')).toHaveLength(1)
		expect(claims.filter(({ kind }) => kind === 'running')).toHaveLength(7)
		await idempotency.finish(key, RESPONSE)
		expect(await idempotency.claim(key, 'body')).toEqual({ kind: 'done', response: RESPONSE })
		expect(await idempotency.claim(key, 'another body')).toEqual({ kind: 'different' })
		await idempotency.abandon(key)
		expect(await idempotency.claim(key, 'body')).toMatchObject({ kind: 'done' })
	})

	it('can be tried anew when nothing came of it, or a day later', async () => {
		const { idempotency } = stores()
		const key = keyOf(await newTenant())
		await idempotency.claim(key, 'body')
		await idempotency.abandon(key)
		expect(await idempotency.claim(key, 'body')).toEqual({ kind: 'new' })
		await idempotency.finish(key, RESPONSE)
		const [kept] = await database().asPlatform(
			(sql) => sql<{ hours: number }[]>`
				select (expires_at_ms - vigil.now_ms()) / 3600000 as hours from vigil.idempotency_keys where tenant_id = ${key.tenantId ?? ''}
			`,
		)
		expect(kept?.hours).toBeGreaterThan(23)
		await database().asPlatform((sql) => sql`update vigil.idempotency_keys set expires_at_ms = 1`)
		expect(await idempotency.claim(key, 'another body')).toEqual({ kind: 'new' })
	})

	it('keeps its answer sealed', async () => {
		const { idempotency } = stores()
		const key = keyOf(await newTenant())
		await idempotency.claim(key, 'body')
		await idempotency.finish(key, RESPONSE)
		const rows = await database().asPlatform((sql) => sql`select k::text as whole from vigil.idempotency_keys k`)
		expect(JSON.stringify(rows)).not.toContain('vgl_key_secret')
	})

	it('is pushed out by no other tenant, however many that makes', async () => {
		const { idempotency } = stores()
		const [modest, greedy] = [keyOf(await newTenant()), await newTenant()]
		await idempotency.claim(modest, 'body')
		await idempotency.finish(modest, RESPONSE)
		await database().asPlatform(
			(sql) => sql`
				insert into vigil.idempotency_keys (id, tenant_id, fingerprint, made_at_ms, expires_at_ms)
				select 'made ' || n, ${greedy}, 'x', n, vigil.now_ms() + 60000 from generate_series(1, ${MOST_IDEMPOTENCY_KEYS + 5}) as n
			`,
		)
		await idempotency.claim(keyOf(greedy), 'body')
		const [left] = await database().asPlatform(
			(sql) => sql<{ count: number; oldest: number }[]>`
				select count(*)::integer as count, min(made_at_ms) as oldest from vigil.idempotency_keys where tenant_id = ${greedy}
			`,
		)
		expect(left).toEqual({ count: MOST_IDEMPOTENCY_KEYS, oldest: 7 })
		expect(await idempotency.claim(modest, 'body')).toMatchObject({ kind: 'done' })
	})
})
