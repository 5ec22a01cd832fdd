import { describe, expect, it } from 'vitest'
import { DEFAULT_ATTRIBUTES } from '../account/account.ts'
import { applyAttributes } from './apply-attributes.ts'
import { type AttributeName, attributeNamed } from './attribute-names.ts'
import { normaliseAttributes } from './normalise-attributes.ts'

const PUSH_PREFIXES = ['briaPush.', 'bria.push.']
const ACCOUNT_PREFIXES = ['', 'account1.', 'account5.', 'account1Sip.', 'account5Sip.', 'accountN.', 'accountNSip.']

const LEAVES: readonly (readonly [string, AttributeName])[] = [
	['enabled', 'pushEnabled'],
	['RegistrationMode', 'registrationMode'],
	['NATEmulation', 'natEmulation'],
	['RegistrationRefresh', 'registrationRefreshSeconds'],
	['AutoSend180', 'autoSend180'],
	['OutboundProxy', 'outboundProxy'],
]

const SPELLINGS: readonly (readonly [string, AttributeName])[] = [
	...LEAVES.flatMap(([leaf, name]) =>
		ACCOUNT_PREFIXES.flatMap((account) => PUSH_PREFIXES.map((push) => [account + push + leaf, name] as const)),
	),
	...ACCOUNT_PREFIXES.map((account) => [`${account}credentials.domain`, 'domain'] as const),
	...ACCOUNT_PREFIXES.map((account) => [`${account}credentials.password`, 'password'] as const),
	['push.enabled', 'pushEnabled'],
	['NATEmulation', 'natEmulation'],
	['RegistrationMode', 'registrationMode'],
	['RegistrationRefresh', 'registrationRefreshSeconds'],
	['AutoSend180', 'autoSend180'],
	['OutboundProxy', 'outboundProxy'],
	['domain', 'domain'],
	...Object.keys({ ...DEFAULT_ATTRIBUTES, outboundProxy: '' }).map((own) => [own, own as AttributeName] as const),
]

describe('an attribute name', () => {
	it.each(SPELLINGS)('%s is %s, in any case', (spelling, name) => {
		for (const cased of [spelling, spelling.toLowerCase(), spelling.toUpperCase()]) {
			expect([cased, attributeNamed(cased)?.name]).toEqual([cased, name])
		}
	})

	it('carries the number of its account', () => {
		expect(attributeNamed('account3Sip.briaPush.NATEmulation')).toEqual({ name: 'natEmulation', account: '3' })
		expect(attributeNamed('briaPush.NATEmulation')).toEqual({ name: 'natEmulation' })
		expect(attributeNamed('accountN.briaPush.NATEmulation')).toEqual({ name: 'natEmulation' })
	})

	it.each([
		'',
		'enabled',
		'account1.enabled',
		'account1.OutboundProxy',
		'account1Sip.RegistrationMode',
		'account0.briaPush.enabled',
		'account.briaPush.enabled',
		'account1Sips.briaPush.enabled',
		'account1.briaPush.RegistrationModes',
		'account1.briaPush.',
		'account1.credentials.username',
		'briaPush.domain',
		'bria.push',
		'x.briaPush.enabled',
		'briaPush.enabled ',
		'constructor',
	])('%j is unknown', (spelling) => expect(attributeNamed(spelling)).toBeUndefined())
})

describe('normalising attributes', () => {
	it('reads a whole profile', () => {
		const normal = normaliseAttributes({
			'bria.push.enabled': 'true',
			'account1Sip.briaPush.RegistrationMode': '2',
			'account1Sip.briaPush.NATEmulation': true,
			'account1Sip.briaPush.RegistrationRefresh': ' 120 ',
			'account1.bria.push.AutoSend180': 0,
			'account1.briaPush.OutboundProxy': 'push.example.org:5080',
			'account1.credentials.domain': 'pbx.example.org:5070',
			'account1.displayName': 'Alice',
		})
		expect(normal).toMatchObject({
			attributes: {
				pushEnabled: true,
				registrationMode: 2,
				natEmulation: true,
				registrationRefreshSeconds: 120,
				autoSend180: false,
				outboundProxy: 'push.example.org:5080',
			},
			domain: 'pbx.example.org:5070',
			unknown: ['account1.displayName'],
			problems: [],
		})
		expect(normal.spellings.get('registrationMode')).toBe('account1Sip.briaPush.RegistrationMode')
	})

	it.each([
		['pushEnabled', [true, 1, '1', 'true', 'TRUE', ' True '], true],
		['pushEnabled', [false, 0, '0', 'false', 'False'], false],
		['registrationMode', [3, '3', '+3', '03'], 3],
		['registrationRefreshSeconds', [30, '30'], 30],
		['registrationRefreshSeconds', [86_400, '86400'], 86_400],
		['outboundProxy', ['', '  ', null], null],
		['outboundProxy', ['192.0.2.1', ' 192.0.2.1 '], '192.0.2.1'],
	] as const)('of %s from %j', (name, values, value) => {
		for (const given of values) {
			expect(normaliseAttributes({ [name]: given })).toMatchObject({ attributes: { [name]: value }, problems: [] })
		}
	})

	it.each([
		['account1Sip.briaPush.RegistrationMode', [4, '4', -1, 0.5, '', true, null, 'two', []], 'one_of'],
		['account1.briaPush.RegistrationRefresh', [-1, '-600', 0, 29], 'minimum'],
		['account1.briaPush.RegistrationRefresh', [86_401, '99999999'], 'maximum'],
		['account1.briaPush.RegistrationRefresh', ['', '1e3', '60s', 60.5, '60.5', true, null, '9'.repeat(16)], 'integer'],
		['bria.push.enabled', ['yes', 'on', '', 2, -1, '01', null, {}], 'switch'],
		['account1.briaPush.NATEmulation', ['maybe'], 'switch'],
		['account1.bria.push.AutoSend180', ['180'], 'switch'],
		['account1.briaPush.OutboundProxy', ['sip:proxy', 'a b', ':5060', 'proxy:0', '-', 5060, true], 'host'],
		['account1.credentials.domain', ['', null, 'a..b', 'alice@example.org', 'example.org:99999'], 'host'],
	])('refuses values of %s, naming it as it was spelled', (spelling, values, rule) => {
		for (const given of values) {
			const { problems, attributes } = normaliseAttributes({ [spelling]: given })
			expect([given, problems]).toEqual([given, [{ spelling, rule, message: expect.stringMatching(/^must be /) }]])
			expect(attributes).toEqual({})
		}
	})

	it('takes the same attribute in two spellings when they say the same', () => {
		const given = { 'bria.push.enabled': 'true', 'account1.briaPush.enabled': 1, pushEnabled: true }
		expect(normaliseAttributes(given)).toMatchObject({ attributes: { pushEnabled: true }, problems: [] })
	})

	it('refuses spellings that contradict each other, naming both', () => {
		const given = { 'account1.briaPush.enabled': 0, 'ACCOUNT1.BRIAPUSH.ENABLED': '1' }
		expect(normaliseAttributes(given).problems).toEqual([
			{
				spelling: 'account1.briaPush.enabled',
				rule: 'conflict',
				message: 'says false, but ACCOUNT1.BRIAPUSH.ENABLED says true',
			},
			{
				spelling: 'ACCOUNT1.BRIAPUSH.ENABLED',
				rule: 'conflict',
				message: 'says true, but account1.briaPush.enabled says false',
			},
		])
		const proxies = { 'account1.briaPush.OutboundProxy': '', outboundProxy: 'a' }
		expect(normaliseAttributes(proxies).problems.map(({ message }) => message)).toContain(
			'says none, but outboundProxy says a',
		)
	})

	it('refuses attributes of two accounts of a profile', () => {
		const given = {
			'account1.briaPush.enabled': 1,
			'account1Sip.briaPush.NATEmulation': 1,
			'account2Sip.briaPush.NATEmulation': 1,
		}
		expect(normaliseAttributes(given).problems.map(({ spelling, rule }) => [spelling, rule])).toEqual([
			['account1.briaPush.enabled', 'one_account'],
			['account2Sip.briaPush.NATEmulation', 'one_account'],
		])
	})

	it('reports every problem at once, and unknown names beside them', () => {
		const { problems, unknown } = normaliseAttributes({ NATEmulation: 'x', RegistrationMode: 4, colour: 'red' })
		expect(problems.map(({ spelling }) => spelling)).toEqual(['NATEmulation', 'RegistrationMode'])
		expect(unknown).toEqual(['colour'])
	})

	it('makes nothing of nothing', () => {
		expect(normaliseAttributes({})).toEqual({ attributes: {}, spellings: new Map(), unknown: [], problems: [] })
	})
})

describe('applying a change', () => {
	it('leaves what is not stated, and removes the proxy with null', () => {
		const present = { ...DEFAULT_ATTRIBUTES, outboundProxy: 'a' }
		expect(applyAttributes(present, {})).toEqual(present)
		expect(applyAttributes(present, { natEmulation: true })).toEqual({ ...present, natEmulation: true })
		expect(applyAttributes(present, { outboundProxy: 'b' })).toEqual({ ...present, outboundProxy: 'b' })
		expect(applyAttributes(present, { outboundProxy: null })).toEqual(DEFAULT_ATTRIBUTES)
	})
})
