import { describe, expect, it } from 'vitest'
import { canonicalHeaderName } from './header-names.ts'
import { Headers } from './headers.ts'

function sample(): Headers {
	return new Headers([
		{ name: 'v', value: 'one' },
		{ name: 'X-Custom', value: 'kept' },
		{ name: 'VIA', value: 'two' },
		{ name: 'Call-ID', value: 'id' },
	])
}

function listed(headers: Headers): string[] {
	return [...headers].map(({ name, value }) => `${name}: ${value}`)
}

describe('Headers', () => {
	it('finds fields in any case and in compact form', () => {
		expect(sample().get('Via')).toBe('one')
		expect(sample().all('via')).toEqual(['one', 'two'])
		expect(sample().get('i')).toBe('id')
		expect(sample().get('x-CUSTOM')).toBe('kept')
		expect(sample().has('Contact')).toBe(false)
		expect(sample().count('v')).toBe(2)
	})

	it('pushes before the others of that name, or before everything', () => {
		expect(listed(sample().prepend('Via', 'zero'))[0]).toBe('Via: zero')
		expect(listed(sample().prepend('Call-ID', 'zero'))[3]).toBe('Call-ID: zero')
		expect(listed(sample().prepend('Route', 'r'))[0]).toBe('Route: r')
	})

	it('replaces in place', () => {
		expect(listed(sample().set('Via', 'only'))).toEqual(['Via: only', 'X-Custom: kept', 'Call-ID: id'])
		expect(listed(sample().set('Expires', '60')).at(-1)).toBe('Expires: 60')
		const headers = sample()
		expect(headers.replaceFirst('Via', 'top')).toBe(true)
		expect(headers.all('Via')).toEqual(['top', 'two'])
		expect(headers.replaceFirst('Route', 'r')).toBe(false)
	})

	it('removes', () => {
		expect(listed(sample().remove('Via'))).toEqual(['X-Custom: kept', 'Call-ID: id'])
		const headers = sample()
		expect(headers.removeFirst('Via')).toBe('one')
		expect(headers.removeFirst('Route')).toBeUndefined()
		expect(headers.get('Via')).toBe('two')
		expect(headers.size).toBe(3)
	})

	it('is independent of its clone', () => {
		const headers = sample()
		const clone = headers.clone().remove('Via').append('Via', 'new')
		expect(headers.all('Via')).toEqual(['one', 'two'])
		expect(clone.all('Via')).toEqual(['new'])
	})
})

describe('canonicalHeaderName', () => {
	it('knows compact forms of either case, and no others', () => {
		expect(canonicalHeaderName('M')).toBe('contact')
		expect(canonicalHeaderName('WWW-AUTHENTICATE')).toBe('www-authenticate')
		expect(canonicalHeaderName('constructor')).toBe('constructor')
		expect(canonicalHeaderName('z')).toBe('z')
	})
})
