import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quotable } from '../../test/arbitraries.ts'
import { check } from '../../test/property.ts'
import { Headers } from '../message/headers.ts'
import { headerList, splitList } from './list.ts'
import { quote, unquote } from './quoted.ts'

describe('splitList', () => {
	it.each([
		['', []],
		[' \t', []],
		['a', ['a']],
		['a,b', ['a', 'b']],
		[' a , b ', ['a', 'b']],
		[',a,,b,', ['a', 'b']],
		['"a,b" <sip:c,d@e>;x="f,g", h', ['"a,b" <sip:c,d@e>;x="f,g"', 'h']],
		['"quote \\", inside", b', ['"quote \\", inside"', 'b']],
		['<sip:a>;x="<", b', ['<sip:a>;x="<"', 'b']],
		['<sip:"a">, b', ['<sip:"a">', 'b']],
		['"never closed, b', ['"never closed, b']],
		['<never closed, b', ['<never closed, b']],
	])('%j', (text, entries) => {
		expect(splitList(text)).toEqual(entries)
	})

	it('is not fooled by quoted strings', () => {
		check(
			fc.property(fc.array(quotable), (texts) => {
				const list = splitList(texts.map(quote).join(','))
				expect(list.map(unquote)).toEqual(texts)
			}),
			300,
		)
	})
})

describe('headerList', () => {
	it('joins the fields of a name', () => {
		const headers = new Headers([
			{ name: 'm', value: '<sip:a>, <sip:b>' },
			{ name: 'Route', value: '<sip:r>' },
			{ name: 'Contact', value: '<sip:c>' },
		])
		expect(headerList(headers, 'Contact')).toEqual(['<sip:a>', '<sip:b>', '<sip:c>'])
		expect(headerList(headers, 'Route')).toEqual(['<sip:r>'])
		expect(headerList(headers, 'Path')).toEqual([])
	})
})
