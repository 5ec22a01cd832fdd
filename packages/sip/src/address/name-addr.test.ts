import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText, quotable, token } from '../../test/arbitraries.ts'
import { check } from '../../test/property.ts'
import { formatNameAddr, isWildcardContact, type NameAddr, parseNameAddr, tagOf } from './name-addr.ts'
import { paramText, parseParameterized } from './params.ts'

type Entries = [string, string | true][]

function address(uri: string, displayName?: string, params: Entries = []): NameAddr {
	const base = { uri, params: new Map(params) }
	return displayName === undefined ? base : { ...base, displayName }
}

describe('parseNameAddr', () => {
	it.each<[string, NameAddr]>([
		['sip:a@b', address('sip:a@b')],
		[' <sip:a@b> ', address('sip:a@b')],
		['< sip:a@b >', address('sip:a@b')],
		['Alice Smith <sip:a@b>', address('sip:a@b', 'Alice Smith')],
		['"" <sip:a@b>', address('sip:a@b')],
		['"A \\"B\\" \\\\ <x>;y" <sip:a@b>', address('sip:a@b', 'A "B" \\ <x>;y')],
		['Dr "A; <B>" C <sip:a@b>', address('sip:a@b', 'Dr "A; <B>" C')],
		['sip:a@b;tag=1', address('sip:a@b', undefined, [['tag', '1']])],
		['<sip:a@b;lr>;tag=1', address('sip:a@b;lr', undefined, [['tag', '1']])],
		[
			'<sip:a@b> ; Expires = 60 ; x',
			address('sip:a@b', undefined, [
				['expires', '60'],
				['x', true],
			]),
		],
		['tel:+1-201;tag=1', address('tel:+1-201', undefined, [['tag', '1']])],
		['<tel:+1-201;phone-context=x>;tag=1', address('tel:+1-201;phone-context=x', undefined, [['tag', '1']])],
		['<sip:a@b?x=y>', address('sip:a@b?x=y')],
		['sip:a@b;+sip.instance="<urn:uuid:1>"', address('sip:a@b', undefined, [['+sip.instance', '<urn:uuid:1>']])],
		[
			'<sip:a@b>;methods="INVITE, BYE";q=0.5',
			address('sip:a@b', undefined, [
				['methods', 'INVITE, BYE'],
				['q', '0.5'],
			]),
		],
		['<sip:a@b>;;x=1;', address('sip:a@b', undefined, [['x', '1']])],
		['<sip:a@b>;x=1;X=2', address('sip:a@b', undefined, [['x', '1']])],
	])('%s', (text, expected) => {
		expect(parseNameAddr(text)).toEqual(expected)
	})

	it.each([
		'',
		'*',
		'Alice',
		'<>',
		'<sip:a@b',
		'"Alice <sip:a@b>',
		'"Alice" sip:a@b',
		'<sip:a b@c>',
		'sip:a@b?x=y',
		'sip:a@b,c',
		'<sip:a@b> x',
		'<sip:a@b>;x="y',
		'<sip:a@b>;x="y"z',
		'<sip:a@b>;x=',
		'<sip:a@b>;x y',
		'<noscheme>',
	])('refuses %j', (text) => {
		expect(parseNameAddr(text)).toBeUndefined()
	})
})

describe('formatNameAddr', () => {
	it('quotes what needs quotes, and values of feature tags always', () => {
		const params: Entries = [
			['tag', 'abc'],
			['x', true],
			['y', 'a b'],
			['received', '2001:db8::1'],
			['+sip.instance', '<urn:uuid:1>'],
			['+sip.pns', 'apns'],
			['methods', 'INVITE'],
			['audio', true],
		]
		expect(formatNameAddr(address('sip:a@b;lr', 'A "B"', params))).toBe(
			'"A \\"B\\"" <sip:a@b;lr>;tag=abc;x;y="a b";received=2001:db8::1;+sip.instance="<urn:uuid:1>";+sip.pns="apns";methods="INVITE";audio',
		)
	})

	it('refuses a URI that would break out of its brackets', () => {
		for (const uri of ['sip:a@b>;tag=evil', 'sip:a b', 'sip:a"b', '']) {
			expect(() => formatNameAddr(address(uri))).toThrow(RangeError)
		}
	})

	it('is undone by parseNameAddr', () => {
		const params = fc.array(
			fc.tuple(
				token.map((name) => name.toLowerCase()),
				fc.oneof(quotable, fc.constant(true as const)),
			),
		)
		check(
			fc.property(quotable, params, (displayName, entries) => {
				const original = address('sip:a@b;lr?x=y', displayName, entries)
				const { displayName: read = '', ...rest } = parseNameAddr(formatNameAddr(original)) ?? address('')
				expect({ ...rest, displayName: read }).toEqual(original)
			}),
			300,
		)
	})

	it('never throws on reading any text', () => {
		check(
			fc.property(anyText, quotable, (text, other) => {
				parseNameAddr(text)
				tagOf(`${other}<sip:a>;${text}`)
			}),
			500,
		)
	})
})

describe('tagOf', () => {
	it.each([
		['<sip:a@b>;tag=1', '1'],
		['<sip:a@b>;x="; tag=2";TAG = 1', '1'],
		['"; tag=2" <sip:a@b;tag=3>', undefined],
		['sip:a@b;tag=1', '1'],
		['<sip:a@b>;tag', undefined],
		['<sip:a@b', undefined],
	])('%s: %s', (text, tag) => {
		expect(tagOf(text)).toBe(tag)
	})
})

describe('small helpers', () => {
	it('know the wildcard Contact', () => {
		expect([' * ', '**', '', '<*>', 'sip:*'].map(isWildcardContact)).toEqual([true, false, false, false, false])
	})

	it('read a value with parameters', () => {
		expect(parseParameterized('SIP ;cause=200; text="Call; completed"')).toEqual({
			value: 'SIP',
			params: new Map([
				['cause', '200'],
				['text', 'Call; completed'],
			]),
		})
		expect(parseParameterized('1800')).toEqual({ value: '1800', params: new Map() })
		expect([';cause=200', '', '"never closed', 'a;b="c'].map(parseParameterized)).toEqual(new Array(4).fill(undefined))
	})

	it('tell a parameter without a value from one that has one', () => {
		const params = new Map<string, string | true>([
			['rport', true],
			['branch', 'x'],
		])
		expect(['rport', 'branch', 'ttl'].map((name) => paramText(params, name))).toEqual([undefined, 'x', undefined])
	})
})
