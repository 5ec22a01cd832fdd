import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { type AccountAttributes, DEFAULT_ATTRIBUTES, type PushAppId, Secret, type TenantId } from '@vigil/domain'
import { progress } from '../run/progress.ts'
import type { BenchDatabase } from './bench-database.ts'

export interface Seed {
	readonly count: number
	/** `host:port` of the registrar. */
	readonly domain: string
	readonly password: string
	/** Expires that the service asks for. */
	readonly refreshSeconds: number
}

interface Owner {
	readonly tenantId: TenantId
	readonly pushAppId: PushAppId
}

const ROWS_AT_ONCE = 5_000
const BATCHES_AT_ONCE = 3
const SAY_EVERY = 100_000

/**
 * Writes accounts as they are after a hand-over: credential sealed, one device each that sleeps and has a VoIP push token,
 * so that the service wants to hold every one of them.
 */
export async function seedAccounts(target: BenchDatabase, seed: Seed): Promise<void> {
	const owner = await createOwner(target)
	let next = 0
	const insertOneBatchAfterTheOther = async () => {
		for (let from = next; from < seed.count; from = next) {
			next = from + ROWS_AT_ONCE
			await insert(target, owner, seed, from, Math.min(from + ROWS_AT_ONCE, seed.count))
			if (from > 0 && from % SAY_EVERY === 0) progress(`${from} accounts written`)
		}
	}
	// While the database takes one batch the next is made.
	await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, insertOneBatchAfterTheOther))
	await target.database.asPlatform((sql) => sql`analyze vigil.accounts, vigil.devices, vigil.push_tokens, vigil.lines`)
}

async function createOwner({ stores }: BenchDatabase): Promise<Owner> {
	const tenant = await stores.tenants.create('bench')
	const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
	const app = await stores.pushApps.create(
		tenant.id,
		'phone',
		{
			provider: 'apns',
			bundleId: 'com.example.phone',
			teamId: 'BENCHTEAM1',
			keyId: 'BENCHKEY01',
			environment: 'production',
			endpoint: '127.0.0.1:9',
		},
		new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
	)
	return { tenantId: tenant.id, pushAppId: app.id }
}

async function insert(target: BenchDatabase, owner: Owner, seed: Seed, from: number, to: number): Promise<void> {
	const rows = Array.from({ length: to - from }, (_, index) => newRow(target, seed, from + index))
	const column = (name: keyof Row) => rows.map((row) => row[name])
	const attributes: AccountAttributes = { ...DEFAULT_ATTRIBUTES, registrationRefreshSeconds: seed.refreshSeconds }
	const { tenantId, pushAppId } = owner
	await target.database.platformTransaction(async (sql) => {
		await sql`
			insert into vigil.accounts (id, tenant_id, username, domain, transport, password, attributes, contact_token)
			select id, ${tenantId}, username, ${seed.domain}, 'udp', password, ${JSON.stringify(attributes)}::text::jsonb, contact
			from unnest(
				${column('accountId')}::text[], ${column('username')}::text[], ${column('password')}::text[],
				${column('contactToken')}::text[]
			) as r(id, username, password, contact)
		`
		await sql`
			insert into vigil.devices (id, tenant_id, platform, instance_id, activity, token_digest, sip_secret)
			select id, ${tenantId}, 'ios', instance, 'background', digest, secret
			from unnest(
				${column('deviceId')}::text[], ${column('instanceId')}::text[], ${column('tokenDigest')}::text[],
				${column('sipSecret')}::text[]
			) as r(id, instance, digest, secret)
		`
		await sql`
			insert into vigil.push_tokens (id, tenant_id, device_id, push_app_id, kind, token)
			select id, ${tenantId}, device, ${pushAppId}, 'voip', token
			from unnest(
				${column('pushTokenId')}::text[], ${column('deviceId')}::text[], ${column('pushToken')}::text[]
			) as r(id, device, token)
		`
		await sql`
			insert into vigil.lines (device_id, account_id, tenant_id)
			select device, account, ${tenantId}
			from unnest(${column('deviceId')}::text[], ${column('accountId')}::text[]) as r(device, account)
		`
	})
}

interface Row {
	readonly accountId: string
	readonly username: string
	readonly password: string
	readonly contactToken: string
	readonly deviceId: string
	readonly instanceId: string
	readonly tokenDigest: string
	readonly sipSecret: string
	readonly pushTokenId: string
	readonly pushToken: string
}

function newRow({ keyRing }: BenchDatabase, { password }: Seed, index: number): Row {
	const accountId = randomId('acc')
	const deviceId = randomId('dev')
	const sealed = (table: string, column: string, rowId: string, text: string) =>
		keyRing.seal(new Secret(text), { table, rowId, column })
	return {
		accountId,
		username: `user${index}`,
		password: sealed('accounts', 'password', accountId, password),
		contactToken: randomBytes(16).toString('base64url'),
		deviceId,
		instanceId: `urn:uuid:${randomUUID()}`,
		tokenDigest: randomBytes(32).toString('hex'),
		sipSecret: sealed('devices', 'sip_secret', deviceId, randomBytes(24).toString('base64url')),
		pushTokenId: randomId('tok'),
		pushToken: randomBytes(32).toString('hex'),
	}
}

function randomId(prefix: string): string {
	return `${prefix}_${randomBytes(16).toString('base64url')}`
}
