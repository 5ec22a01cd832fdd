import type { Account, AccountId, Device, DeviceId, KeptSipCredential } from '@vigil/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AccountDirectory, type DirectoryEntry } from './account-directory.ts'

const seed = process.env.VIGIL_TEST_SEED ? { seed: Number(process.env.VIGIL_TEST_SEED) } : {}

const text = fc.oneof(
	fc.string({ maxLength: 12 }),
	fc.constantFrom('Zoë', 'Иван', '"quoted"', 'a\u0001b', '😀', '~h', '~~u1', 'ab'.repeat(32)),
	fc.uuid().map((uuid) => `urn:uuid:${uuid}`),
)
const words = text.filter((value) => value !== '' && !value.includes('\0'))
const time = fc.oneof(fc.nat(), fc.constant(1_767_225_600_000.25))

const token = fc.record(
	{
		id: words,
		deviceId: words,
		pushAppId: words,
		kind: fc.constantFrom('voip', 'alert', 'fcm'),
		token: words,
		registeredAtMs: time,
		acceptedAtMs: time,
		retiredAtMs: time,
		retiredReason: words,
	},
	{ requiredKeys: ['id', 'deviceId', 'pushAppId', 'kind', 'token', 'registeredAtMs'] },
)

const device = fc.record(
	{
		id: fc.nat(30).map((number) => `dev_${number}`),
		tenantId: fc.constantFrom('ten_1', 'ten_2'),
		platform: fc.constantFrom('ios', 'android', 'web', 'other'),
		name: words,
		instanceId: words,
		activity: fc.constantFrom('foreground', 'background', 'terminated'),
		activitySinceMs: time,
		registeredUpstream: fc.boolean(),
		leaseUntilMs: time,
		pushTokens: fc.array(token, { maxLength: 3 }),
		lines: fc.array(words, { maxLength: 3 }),
		createdAtMs: time,
	},
	{ noNullPrototype: true },
)

const account = fc.record(
	{
		id: fc.nat(30).map((number) => `acc_${number}`),
		tenantId: fc.constantFrom('ten_1', 'ten_2'),
		username: words,
		domain: fc.constantFrom('a.example', 'b.example:5070'),
		authUsername: words,
		displayName: words,
		transport: fc.constantFrom('udp', 'tls'),
		attributes: fc.record({ pushEnabled: fc.boolean(), registrationRefreshSeconds: fc.constantFrom(60, 600) }),
		contactToken: fc.uuid(),
		registrationGeneration: fc.integer({ min: 1, max: 9 }),
		credentialVersion: fc.integer({ min: 1, max: 9 }),
		version: fc.nat(),
		disabled: fc.boolean(),
		createdAtMs: time,
	},
	{ noNullPrototype: true },
)

const entry = fc
	.record({ account, devices: fc.uniqueArray(device, { maxLength: 3, selector: ({ id }) => id }) })
	.map((value) => withoutUndefined(value) as DirectoryEntry)

function withoutUndefined(value: unknown): unknown {
	return JSON.parse(JSON.stringify(value))
}

describe('the account directory', () => {
	it('gives back what was put, under id, token and devices, through any changes', () => {
		const act = fc.oneof({ weight: 4, arbitrary: entry }, { weight: 1, arbitrary: fc.nat(30) })
		fc.assert(
			fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
				const directory = new AccountDirectory()
				const model = new Map<string, DirectoryEntry>()
				for (const step of acts) {
					if (typeof step === 'number') {
						const slot = directory.remove(`acc_${step}` as AccountId)
						expect(slot >= 0).toBe(model.delete(`acc_${step}`))
						directory.release(slot)
					} else {
						directory.put(step)
						model.set(step.account.id, step)
					}
				}
				agree(directory, model)
			}),
			{ numRuns: 300, ...seed },
		)
	})

	it('has a device and what it attaches with, of whichever account it is a line, until that goes', () => {
		fc.assert(
			fc.property(entry, words, (one, sealed) => {
				const directory = new AccountDirectory()
				const device = one.devices.at(-1)
				const kept: KeptSipCredential = { sealed, answeredOffer: 'md5' }
				directory.put({ ...one, ...(device && { credentials: new Map([[device.id, kept]]) }) })
				if (!device) return
				expect(directory.device(device.id)?.id).toBe(device.id)
				const owned = one.devices.filter(({ id }) => id === device.id)
				if (owned.length === 1) expect(directory.keptCredential(device.id)).toEqual(kept)
				expect(directory.keptCredential('other' as DeviceId)).toBeUndefined()
				directory.remove(one.account.id)
				expect(directory.device(device.id)).toBeUndefined()
				expect(directory.keptCredential(device.id)).toBeUndefined()
			}),
			seed,
		)
	})

	it('keeps facts of a removed account until its slot is released', () => {
		const directory = new AccountDirectory()
		const [one] = fc.sample(entry, { numRuns: 1, seed: 1 }) as [DirectoryEntry]
		const slot = directory.put(one)
		expect(directory.remove(one.account.id)).toBe(slot)
		expect(directory.get(one.account.id)).toBeUndefined()
		expect(directory.facts(slot)?.contactToken).toBe(one.account.contactToken)
		directory.release(slot)
		expect(directory.facts(slot)).toBeUndefined()
		expect(directory.put(one)).toBe(slot)
	})
})

function agree(directory: AccountDirectory, model: ReadonlyMap<string, DirectoryEntry>): void {
	expect(directory.size).toBe(model.size)
	const lines = new Map<DeviceId, Set<AccountId>>()
	for (const { account, devices } of model.values()) {
		expect(directory.get(account.id)).toEqual({ account, devices })
		expect(directory.byToken(account.contactToken)?.account.id).toBe(account.id)
		expect(directory.version(directory.slotOf(account.id))).toBe((account as Account).version)
		for (const { id } of devices as Device[]) lines.set(id, (lines.get(id) ?? new Set()).add(account.id))
	}
	for (const [id, accounts] of lines) expect(new Set(directory.accountsOfDevice(id))).toEqual(accounts)
}

describe('the account of a Contact token', () => {
	const put = (directory: AccountDirectory, id: string, contactToken: string) => {
		const attributes = { pushEnabled: true }
		const facts = {
			id,
			contactToken,
			username: id,
			version: 1,
			tenantId: 'ten_1',
			domain: 'a.example',
			transport: 'udp',
		}
		directory.put({ account: { ...facts, attributes } as Account, devices: [] })
	}
	const found = (directory: AccountDirectory, token: string) => directory.byToken(token)?.account.id

	it('is found in whatever letter case a server writes it', () => {
		const directory = new AccountDirectory()
		put(directory, 'new', 'abcdefghij234567abcd')
		put(directory, 'old', 'aB-_cD')
		expect(found(directory, 'ABCDEFGHIJ234567ABCD')).toBe('new')
		expect(found(directory, 'ab-_cd')).toBe('old')
		expect(found(directory, 'ab-_c')).toBeUndefined()
	})

	it('is the very one where tokens differ in letter case alone, else none', () => {
		const directory = new AccountDirectory()
		put(directory, 'one', 'aB')
		put(directory, 'two', 'Ab')
		expect([found(directory, 'aB'), found(directory, 'Ab'), found(directory, 'ab')]).toEqual(['one', 'two', undefined])
		directory.remove('two' as AccountId)
		expect(found(directory, 'ab')).toBe('one')
	})
})
