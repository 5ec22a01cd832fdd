import { describe, expect, it } from 'vitest'
import { wellFormed, wellFormedJson, wellFormedText } from './well-formed.ts'

describe('text that leaves SIP', () => {
	it.each([
		['a Latin-1 octet kept as a lone surrogate', 'J\udcfcrgen', 'J\ufffdrgen'],
		['half a pair', 'a\ud83d', 'a\ufffd'],
		['NUL', 'Bob\0', 'Bob\ufffd'],
		['a terminal escape', '\x1b[2JBob', '\ufffd[2JBob'],
		['DEL and C1', 'a\x7fb\x9bc', 'a\ufffdb\ufffdc'],
		['noncharacters', 'a\uffffb\u{1fffe}c\ufdd0', 'a\ufffdb\ufffdc\ufffd'],
	])('has U+FFFD for %s', (_what, text, fit) => {
		expect(wellFormedText(text)).toBe(fit)
		expect(wellFormedText(fit)).toBe(fit)
	})

	it.each(['Jäsøn ☎ 😀', '', 'two\r\nlines\tand a tab', '\ufffd', 'x\u200d'])('stays as it is: %j', (text) => {
		expect(wellFormedText(text)).toBe(text)
	})
})

describe('a value', () => {
	it('has all of its text mended, names too', () => {
		const value = { 'a\0': ['\udcfc', { b: 'x', n: 1, no: null, un: undefined }], c: true }
		expect(wellFormed(value)).toEqual({ 'a\ufffd': ['\ufffd', { b: 'x', n: 1, no: null, un: undefined }], c: true })
	})

	it('that is well-formed is not copied, nor is what is no plain object', () => {
		const date = new Date(0)
		const value = { a: ['b', { c: 'd' }], date, nothing: Number.NaN }
		expect(wellFormed(value)).toBe(value)
		expect(wellFormed(date)).toBe(date)
	})
})

describe('JSON', () => {
	it.each([
		['a lone surrogate', { a: '\udcfc' }, '{"a":"\ufffd"}'],
		['NUL, backspace and form feed', ['\0\b\f'], '["\ufffd\ufffd\ufffd"]'],
		['a name', { '\udc80': 1 }, '{"\ufffd":1}'],
		['a DEL, which JSON does not escape', '\x7f', '"\ufffd"'],
	])('has U+FFFD for %s', (_what, value, json) => {
		expect(wellFormedJson(JSON.stringify(value))).toBe(json)
	})

	it.each(['{"a":"\\\\udcfc","b":"Jäsøn 😀\\n"}', '{"a":1.50}'])('means the same as before: %s', (json) => {
		expect(JSON.parse(wellFormedJson(json))).toEqual(JSON.parse(json))
	})

	it('keeps a pair that is written as two escapes', () => {
		expect(wellFormedJson('"\\ud83d\\ude00"')).toBe('"😀"')
	})
})
