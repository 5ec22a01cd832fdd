import type { AccountId } from '@vigil/domain'
import { realClock, silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { keepCredentialSchedule } from '../../src/credentials/keep-schedule.ts'
import { runCredentialSchedule } from '../../src/credentials/run-credential-schedule.ts'
import { createAccount, created, createTenant, enrolDevice, validAccount, violated } from '../builders.ts'
import { type Harness, send } from '../harness.ts'

const DAY = 86_400_000
const HEX = (digits: number) => 'aB'.repeat(digits / 2)
const HA1 = { realm: 'sip.example.org', md5: HEX(32), sha256: HEX(64), sha512_256: HEX(64) }

export function credentialSuite(api: () => Harness): void {
	const show = async (key: string, id: string) => (await api().request(key, 'GET', `/v1/accounts/${id}`)).body
	const patch = (key: string, id: string, body: object) => api().request(key, 'PATCH', `/v1/accounts/${id}`, body)
	const stored = (id: string) => api().stores.accounts.openCredential(id as AccountId)
	const withoutPassword = () => {
		const { password: _password, ...account } = validAccount()
		return account
	}

	describe('an HA1 in place of the password', () => {
		it('is taken, kept, and never shown', async () => {
			const { key } = await createTenant(api())
			const body = { ...withoutPassword(), authUsername: 'auth', ha1: HA1 }
			const response = await api().request(key, 'POST', '/v1/accounts', body)
			const account = created(response)
			expect(account.credential).toEqual({ kind: 'ha1', since: expect.any(String), warnedAt: [] })
			expect(response.text.toLowerCase()).not.toContain(HA1.md5.toLowerCase())
			const credential = await stored(account.id)
			expect([credential?.username, credential?.ha1?.realm]).toEqual(['auth', HA1.realm])
			expect(credential?.ha1?.sha512_256?.reveal()).toBe(HA1.sha512_256.toLowerCase())
		})

		it.each([
			[{ ha1: { realm: 'r' } }, 'ha1:rule'],
			[{ ha1: { md5: HEX(32) } }, 'ha1.realm:required'],
			[{ ha1: { realm: 'r', md5: HEX(30) } }, 'ha1.md5:format'],
			[{ ha1: { realm: 'r', sha256: `${HEX(62)}zz` } }, 'ha1.sha256:format'],
			[{ ha1: { realm: 'r', sha1: HEX(40) } }, 'ha1.sha1:unknown'],
			[{ ha1: HA1, password: 'both' }, 'ha1:rule'],
			[{}, 'password:rule'],
			[{ attributes: { pushEnabled: true } }, 'password:rule'],
		])('is refused with %j', async (credential, rule) => {
			const { key } = await createTenant(api())
			const response = await api().request(key, 'POST', '/v1/accounts', { ...withoutPassword(), ...credential })
			expect(response.status).toBe(422)
			expect(violated(response)).toContain(rule)
		})

		it('changes with the digest user name, which is part of it', async () => {
			const { key } = await createTenant(api())
			const body = { ...withoutPassword(), ha1: HA1 }
			const { id, username } = created(await api().request(key, 'POST', '/v1/accounts', body))
			const refused = await patch(key, id, { authUsername: 'other' })
			expect([refused.status, ...violated(refused)]).toEqual([422, 'authUsername:ha1'])
			expect((await patch(key, id, { authUsername: username })).status).toBe(200)
			expect((await patch(key, id, { authUsername: 'other', ha1: HA1 })).status).toBe(200)
			const taken = await patch(key, id, { authUsername: null, password: 'now a password' })
			expect([taken.status, taken.body.credential.kind]).toEqual([200, 'password'])
			expect((await patch(key, id, { authUsername: 'free' })).status).toBe(200)
		})
	})

	describe('a credential', () => {
		const collector = 'collector.example.net'
		it.each([
			[{ attributes: { outboundProxy: collector } }, ['attributes.outboundProxy']],
			[{ domain: collector }, ['domain']],
			[{ transport: 'udp' }, ['transport', 'webSocketPath']],
			[{ webSocketPath: '/elsewhere' }, ['webSocketPath']],
			[{ domain: collector, attributes: { outboundProxy: null } }, ['domain', 'attributes.outboundProxy']],
		])('is asked for again when %j leads it to another server', async (change, fields) => {
			const tenant = await createTenant(api())
			const attributes = { outboundProxy: 'sbc.example.org' }
			const id = await createAccount(api(), tenant, { transport: 'wss', webSocketPath: '/ws', attributes })
			const before = await show(tenant.key, id)
			const refused = await patch(tenant.key, id, { ...change, displayName: 'Mallory' })
			expect([refused.status, ...violated(refused)]).toEqual([
				422,
				...fields.map((field) => `${field}:credential_again`),
			])
			expect(refused.body.detail).toContain('give password or ha1 again in the same request')
			expect(await show(tenant.key, id)).toEqual(before)
			expect((await patch(tenant.key, id, { ...change, password: 'again' })).status).toBe(200)
			const other = await createAccount(api(), tenant, { transport: 'wss', webSocketPath: '/ws', attributes })
			expect((await patch(tenant.key, other, { ...change, ha1: HA1 })).status).toBe(200)
		})

		it('need not be given where there is none, where it goes, or where nothing leads elsewhere', async () => {
			const tenant = await createTenant(api())
			const id = await createAccount(api(), tenant)
			expect((await patch(tenant.key, id, { domain: 'SIP.example.org', transport: 'udp' })).status).toBe(200)
			const off = { domain: collector, attributes: { pushEnabled: false } }
			expect((await patch(tenant.key, id, off)).body.credential.kind).toBe('none')
			expect((await patch(tenant.key, id, { domain: 'third.example.org' })).status).toBe(200)
		})
	})

	describe('turning push off', () => {
		it('deletes the credential at once, and a new one is needed to turn it on', async () => {
			const tenant = await createTenant(api())
			const id = await createAccount(api(), tenant)
			api().signals.published.length = 0
			const off = await patch(tenant.key, id, { attributes: { pushEnabled: false } })
			expect(off.body.credential).toEqual({
				kind: 'none',
				warnedAt: [],
				deletedAt: expect.any(String),
				deletedBecause: 'push-off',
			})
			expect(off.body.credentialsExpireAt).toBeUndefined()
			expect(await stored(id)).toBeUndefined()
			expect(api().signals.take('account.changed')).toEqual([{ accountId: id }])

			const refused = await patch(tenant.key, id, { attributes: { pushEnabled: true } })
			expect([refused.status, ...violated(refused)]).toEqual([409, 'password:required'])
			expect(refused.body.detail).toContain('was deleted')
			const on = await patch(tenant.key, id, { attributes: { pushEnabled: true }, ha1: HA1 })
			expect([on.status, on.body.credential.kind, on.body.credential.deletedAt]).toEqual([200, 'ha1', undefined])
		})

		it('before the first day keeps no credential either', async () => {
			const { key } = await createTenant(api())
			const attributes = { pushEnabled: false }
			const bare = created(await api().request(key, 'POST', '/v1/accounts', { ...withoutPassword(), attributes }))
			expect(bare.credential).toEqual({ kind: 'none', warnedAt: [] })
			const given = created(await api().request(key, 'POST', '/v1/accounts', { ...validAccount(), attributes }))
			expect(given.credential.kind).toBe('none')
			expect((await patch(key, given.id, { password: 'new' })).body.credential.kind).toBe('none')
			expect(await stored(given.id)).toBeUndefined()
		})
	})

	describe('contacts of devices', () => {
		it('are shown on device and account, and written at most once an hour', async () => {
			const tenant = await createTenant(api())
			const id = await createAccount(api(), tenant)
			expect((await show(tenant.key, id)).lastContactAt).toBeUndefined()
			const device = await enrolDevice(api(), tenant, id)
			const { lastContactAt } = await show(tenant.key, id)
			expect(Date.parse(lastContactAt)).toBeGreaterThan(Date.now() - 60_000)
			await api().request(device.token, 'GET', '/v1/devices/me')
			expect((await show(tenant.key, id)).lastContactAt).toBe(lastContactAt)

			const clock = shifted(3_600_000)
			const later = await api().variant({ clock })
			const me = (await send(later, device.token, 'GET', '/v1/devices/me')).body
			expect(me.lastContactAt).toBe(lastContactAt)
			const noted = (await send(later, device.token, 'GET', '/v1/devices/me')).body.lastContactAt
			expect(Date.parse(noted) - Date.parse(lastContactAt)).toBeGreaterThanOrEqual(3_600_000)
			expect((await show(tenant.key, id)).lastContactAt).toBe(noted)
			await later.close()
		})

		it('that cannot be written fail nothing', async () => {
			const tenant = await createTenant(api())
			const device = await enrolDevice(api(), tenant, await createAccount(api(), tenant))
			const { stores } = api()
			const noteContact = async () => Promise.reject(new Error('the database is away'))
			const credentials = { ...stores.credentials, noteContact }
			const app = await api().variant({ stores: { ...stores, credentials }, clock: shifted(2 * 3_600_000) })
			expect((await send(app, device.token, 'GET', '/v1/devices/me')).status).toBe(200)
			await app.close()
		})
	})

	describe('the schedule of unused credentials', () => {
		const silent = async (settings: object = {}) => {
			const tenant = await createTenant(api())
			await api().request(tenant.key, 'PATCH', '/v1/settings', settings)
			const id = await createAccount(api(), tenant)
			const beganMs = Date.parse((await show(tenant.key, id)).credential.since)
			const run = async (days: number) => {
				const { warned, deleted } = await runCredentialSchedule(api().deps, beganMs + days * DAY + 1)
				const own = warned.filter(({ accountId }) => accountId === id)
				return { warned: own, deleted: deleted.includes(id as AccountId) }
			}
			return { tenant, id, beganMs, run }
		}

		it('warns, tells when, deletes, and announces it', async () => {
			const { tenant, id, beganMs, run } = await silent()
			const expiresAt = new Date(beganMs + 30 * DAY).toISOString()
			expect((await show(tenant.key, id)).credentialsExpireAt).toBe(expiresAt)
			expect(await run(22)).toEqual({ warned: [], deleted: false })
			const first = await run(23)
			expect(first.warned).toEqual([{ tenantId: tenant.id, accountId: id, expiresAtMs: expect.any(Number) }])
			expect((await run(23.5)).warned).toEqual([])
			expect((await run(29)).warned).toHaveLength(1)
			const warned = await show(tenant.key, id)
			expect([warned.credential.warnedAt.length, warned.credentialsExpireAt]).toEqual([2, expiresAt])
			expect(await stored(id)).toBeDefined()

			api().signals.published.length = 0
			expect(await run(30)).toEqual({ warned: [], deleted: true })
			expect(api().signals.take('account.changed')).toContainEqual({ accountId: id })
			expect(await stored(id)).toBeUndefined()
			const gone = await show(tenant.key, id)
			expect(gone.credential).toMatchObject({ kind: 'none', deletedBecause: 'inactive' })
			expect(gone.attributes.pushEnabled).toBe(false)
			expect((await run(31)).deleted).toBe(false)
		})

		it('asks the devices by push to be heard of, where that shows no call', async () => {
			const { tenant, id, run } = await silent()
			const device = await enrolDevice(api(), tenant, id)
			await enrolDevice(api(), tenant, id)
			const pushTokens = [{ app: 'phone', kind: 'alert', token: 'alert-0123456789abcdef' }]
			await api().request(device.token, 'PATCH', '/v1/devices/me', { pushTokens })
			const asked = () => api().pushJobs.jobs.filter((job) => job.intent === 'refresh' && job.accountId === id)
			await run(24)
			expect(asked()).toMatchObject([{ tenantId: tenant.id, deviceId: device.id }])
			await run(24.5)
			expect(asked()).toHaveLength(1)
			api().pushJobs.failure = new Error('the queue is down')
			expect((await run(29.5)).warned).toHaveLength(1)
		})

		it('starts anew when a device is heard of', async () => {
			const { tenant, id, run } = await silent()
			const device = await enrolDevice(api(), tenant, id)
			await run(24)
			expect((await show(tenant.key, id)).credential.warnedAt).toHaveLength(1)
			const app = await api().variant({ clock: shifted(25 * DAY) })
			await send(app, device.token, 'GET', '/v1/devices/me')
			await app.close()
			expect((await show(tenant.key, id)).credential.warnedAt).toEqual([])
			expect(await run(40)).toEqual({ warned: [], deleted: false })
			expect((await run(49)).warned).toHaveLength(1)
		})

		it('is the tenant’s, and 0 is never', async () => {
			const week = await silent({ credentialInactivityDays: 7 })
			const never = await silent({ credentialInactivityDays: 0 })
			expect((await show(never.tenant.key, never.id)).credentialsExpireAt).toBeUndefined()
			expect((await week.run(4)).warned).toHaveLength(1)
			expect((await week.run(6)).warned).toHaveLength(1)
			expect((await week.run(7)).deleted).toBe(true)
			expect(await never.run(1000)).toEqual({ warned: [], deleted: false })
			expect(await stored(never.id)).toBeDefined()
		})

		it('runs every hour, also after a run that failed', async () => {
			const clock = new VirtualClock()
			let runs = 0
			const { stores } = api()
			const list = async () => {
				runs += 1
				if (runs === 1) throw new Error('the database is away')
				return { items: [] }
			}
			const deps = { ...api().deps, stores: { ...stores, tenants: { ...stores.tenants, list } } }
			const kept = keepCredentialSchedule({ ...deps, clock, logger: silentLogger })
			await clock.advance(60_000)
			expect(runs).toBe(1)
			await clock.advance(3_600_000)
			expect(runs).toBe(2)
			await kept.stop()
			await clock.advance(10 * 3_600_000)
			expect(runs).toBe(2)
		})
	})
}

/** The real clock, so much ahead. */
function shifted(aheadMs: number) {
	return {
		now: () => realClock.now() + aheadMs,
		wall: () => realClock.wall() + aheadMs,
		setTimer: realClock.setTimer.bind(realClock),
		clearTimer: realClock.clearTimer.bind(realClock),
	}
}
