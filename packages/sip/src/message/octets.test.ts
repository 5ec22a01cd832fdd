import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check } from '../../test/property.ts'
import { decodeText, encodeText } from './octets.ts'

describe('decodeText and encodeText', () => {
	it('read and write UTF-8', () => {
		expect(decodeText(Buffer.from('Jäsøn ☎ 😀 \ufffd'))).toBe('Jäsøn ☎ 😀 \ufffd')
		expect(Buffer.from(encodeText('Jäsøn 😀'))).toEqual(Buffer.from('Jäsøn 😀'))
	})

	it('give back any bytes, UTF-8 or not', () => {
		check(
			fc.property(fc.uint8Array(), (bytes) => {
				expect(Buffer.from(encodeText(decodeText(bytes)))).toEqual(Buffer.from(bytes))
			}),
			1000,
		)
	})

	it.each([
		['Latin-1', [0x4a, 0xe4, 0x73]],
		['a sequence cut short', [0xe2, 0x82]],
		['an overlong form', [0xc0, 0xaf]],
		['an overlong form of three bytes', [0xe0, 0x80, 0xaf]],
		['a surrogate', [0xed, 0xa0, 0x80]],
		['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
		['a good sequence between bad bytes', [0xff, 0xc3, 0xa4, 0xfe]],
	])('keep %s', (_what, bytes) => {
		expect([...encodeText(decodeText(Uint8Array.from(bytes)))]).toEqual(bytes)
	})

	it('read a part of an array that is no Buffer', () => {
		const whole = new Uint8Array([0x41, 0x42, 0x43, 0x44])
		expect(decodeText(whole.subarray(1), 1, 3)).toBe('CD')
	})
})
