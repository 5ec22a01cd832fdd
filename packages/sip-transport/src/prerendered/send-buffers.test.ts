import { decodeText } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { SendBuffers } from './send-buffers.ts'

describe('memory for messages', () => {
	it('holds each text until it is given back, and is used again then', () => {
		const buffers = new SendBuffers()
		const texts = Array.from({ length: 100 }, (_, i) => `REGISTER ${'x'.repeat(i)} ü€😀`)
		const held = texts.map((text) => buffers.write(text))
		expect(held.map(({ bytes }) => bytes.toString('utf8'))).toEqual(texts)
		const [first] = held
		if (first) buffers.giveBack(first)
		const again = buffers.write('short')
		expect(again).toBe(first)
		expect(again.bytes.toString('utf8')).toBe('short')
		expect(held.slice(1).map(({ bytes }) => bytes.toString('utf8'))).toEqual(texts.slice(1))
	})

	it('holds octets that are no UTF-8 as they came', () => {
		const octets = Buffer.from('Authorization: Digest realm="b\xfcro"', 'latin1')
		expect(new SendBuffers().write(decodeText(octets)).bytes.equals(octets)).toBe(true)
	})

	it('takes what is longer than usual, to the octet', () => {
		const buffers = new SendBuffers()
		for (const length of [511, 512, 681, 682, 683, 1022, 1023, 1024, 2043, 2044, 2045, 2048, 2049, 60_000]) {
			for (const character of ['a', 'ü', '€', '😀']) {
				const text = character.repeat(length)
				const message = buffers.write(text)
				expect(message.bytes.equals(Buffer.from(text, 'utf8'))).toBe(true)
				buffers.giveBack(message)
			}
		}
	})
})
