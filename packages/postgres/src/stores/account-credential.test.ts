import {
	type Account,
	type AccountId,
	DEFAULT_ATTRIBUTES,
	MissingCredentialError,
	Secret,
	type TenantId,
} from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import { HA1, newAccount, newHashedAccount, useStores } from '../../test/fixtures.ts'

const { database, stores } = useStores()
const NONE = 'acc_none' as AccountId
const PUSH_OFF = { ...DEFAULT_ATTRIBUTES, pushEnabled: false }
let tenantId: TenantId

beforeAll(async () => {
	tenantId = (await stores().tenants.create('credentials')).id
})

async function rowOf(id: AccountId) {
	const [row] = await database().asPlatform(
		(sql) => sql`select password, ha1, a::text as whole from vigil.accounts a where id = ${id}`,
	)
	return row ?? {}
}

async function stateOf({ id }: Account) {
	return (await stores().credentials.states(tenantId, [id])).get(id)
}

describe('the credential of an account', () => {
	it('opens under the digest user name where there is one', async () => {
		const { accounts } = stores()
		const plain = await accounts.create(newAccount(tenantId, { username: 'plain' }))
		const other = await accounts.create(newAccount(tenantId, { authUsername: 'digest-user' }))
		const credential = await accounts.openCredential(plain.id)
		expect(credential?.username).toBe('plain')
		expect(credential?.password?.reveal()).toBe('hunter2')
		expect((await accounts.openCredential(other.id))?.username).toBe('digest-user')
		expect(await accounts.openCredential(NONE)).toBeUndefined()
		expect(
			[...((await accounts.openCredentials?.([plain.id, NONE, other.id])) ?? [])].map(([id]) => id).sort(),
		).toEqual([plain.id, other.id].sort())
	})

	it('is sealed at rest, and refuses to open in the place of another', async () => {
		const { accounts } = stores()
		const [one, two] = [await accounts.create(newAccount(tenantId)), await accounts.create(newAccount(tenantId))]
		await database().asPlatform(
			(sql) => sql`
				update vigil.accounts set password = (select password from vigil.accounts where id = ${one.id}) where id = ${two.id}
			`,
		)
		await expect(accounts.openCredential(two.id)).rejects.toThrow(/cannot be opened/)
		const rows = await database().asPlatform((sql) => sql`select a::text as whole from vigil.accounts a`)
		for (const row of rows) expect(row.whole).not.toContain('hunter2')
	})
})

describe('an HA1 in place of the password', () => {
	it('opens whole, and is sealed at rest', async () => {
		const { accounts } = stores()
		const account = await accounts.create(newHashedAccount(tenantId, { username: 'hashed' }))
		const credential = await accounts.openCredential(account.id)
		expect([credential?.username, credential?.password, credential?.ha1?.realm]).toEqual([
			'hashed',
			undefined,
			'pbx.example',
		])
		expect(credential?.ha1?.md5?.reveal()).toBe(HA1.md5?.reveal())
		expect(credential?.ha1?.sha256?.reveal()).toBe(HA1.sha256?.reveal())
		expect(credential?.ha1?.sha512_256).toBeUndefined()
		const row = await rowOf(account.id)
		expect([row.password, row.ha1]).toEqual([null, expect.stringMatching(/^1:k1:/)])
		expect(row.whole).not.toContain(HA1.md5?.reveal())
	})

	it('replaces a password, and is replaced by one', async () => {
		const { accounts } = stores()
		const { id } = await accounts.create(newAccount(tenantId))
		expect(await accounts.change(tenantId, id, { ha1: HA1 })).toMatchObject({ credentialVersion: 2, version: 2 })
		expect((await accounts.openCredential(id))?.ha1).toBeDefined()
		expect((await rowOf(id)).password).toBeNull()
		await accounts.change(tenantId, id, { password: new Secret('correct horse') })
		expect((await accounts.openCredential(id))?.password?.reveal()).toBe('correct horse')
		expect((await rowOf(id)).ha1).toBeNull()
		expect(await accounts.load(id)).toMatchObject({ credentialVersion: 3 })
	})

	it('does not stand beside a password', async () => {
		const both = { ...newAccount(tenantId), ha1: HA1 }
		await expect(stores().accounts.create(both)).rejects.toThrow(TypeError)
	})
})

describe('a credential and the push switch', () => {
	it('go together: turned off, the credential is gone at once', async () => {
		const { accounts } = stores()
		for (const fresh of [newAccount(tenantId), newHashedAccount(tenantId)]) {
			const account = await accounts.create(fresh)
			const off = await accounts.change(tenantId, account.id, { attributes: { pushEnabled: false } })
			expect(off).toMatchObject({ attributes: PUSH_OFF, credentialVersion: 2 })
			expect(await accounts.openCredential(account.id)).toBeUndefined()
			expect(await rowOf(account.id)).toMatchObject({ password: null, ha1: null })
			expect(await stateOf(account)).toEqual({
				accountId: account.id,
				warnedAtMs: [],
				deletedAtMs: expect.any(Number),
				deletedBecause: 'push-off',
			})
		}
	})

	it('is not turned on without a new credential', async () => {
		const { accounts } = stores()
		const account = await accounts.create(newAccount(tenantId))
		const off = await accounts.change(tenantId, account.id, { attributes: { pushEnabled: false } })
		const refused = accounts.change(tenantId, account.id, { attributes: { pushEnabled: true } })
		await expect(refused).rejects.toThrow(MissingCredentialError)
		expect(await accounts.load(account.id)).toEqual(off)
		const password = new Secret('new')
		const on = await accounts.change(tenantId, account.id, { attributes: { pushEnabled: true }, password })
		expect(on).toMatchObject({ attributes: DEFAULT_ATTRIBUTES, credentialVersion: 3 })
		expect((await accounts.openCredential(account.id))?.password?.reveal()).toBe('new')
		const state = await stateOf(account)
		expect(state).toEqual({ accountId: account.id, kind: 'password', sinceMs: expect.any(Number), warnedAtMs: [] })
	})

	it('keeps no credential that is handed in while push is off', async () => {
		const { accounts } = stores()
		const account = await accounts.create(newAccount(tenantId, { attributes: PUSH_OFF }))
		expect(await accounts.openCredential(account.id)).toBeUndefined()
		await accounts.change(tenantId, account.id, { password: new Secret('x') })
		await accounts.change(tenantId, account.id, { ha1: HA1, attributes: { pushEnabled: false } })
		expect(await accounts.openCredential(account.id)).toBeUndefined()
		expect(await stateOf(account)).toEqual({ accountId: account.id, warnedAtMs: [] })
	})

	it('needs one from the start while push is on', async () => {
		const { password: _password, ...bare } = newAccount(tenantId)
		await expect(stores().accounts.create(bare)).rejects.toThrow(MissingCredentialError)
	})

	it('stays consistent whatever happens at once', async () => {
		const { accounts } = stores()
		const { id } = await accounts.create(newAccount(tenantId))
		const changes = Array.from({ length: 12 }, (_, index) => {
			const attributes = { pushEnabled: index % 2 === 0 }
			const change = index % 3 === 0 ? { attributes, password: new Secret('p') } : { attributes }
			return accounts.change(tenantId, id, change)
		})
		await Promise.allSettled(changes)
		const account = await accounts.load(id)
		expect((await accounts.openCredential(id)) !== undefined).toBe(account?.attributes.pushEnabled)
	})
})
