import { buildRequest, type HeaderPair } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { BindingToken } from './binding-token.ts'

const TOKEN = 'q3kzhmvgz7cd5bw2x6ty'
const OTHER = 'abcdefghij234567abcd'
const binding = new BindingToken({ contactToken: TOKEN }, OTHER)

function request(headers: readonly HeaderPair[], body = '') {
	return buildRequest({ method: 'INVITE', uri: 'sip:x@y', headers, body })
}

describe('the token of a binding in a message', () => {
	it.each([TOKEN, TOKEN.toUpperCase(), `%71${TOKEN.slice(1)}`, `%51%33${TOKEN.slice(2)}`, `Q3%4b${TOKEN.slice(3)}`])(
		'gives way to that of the call: %s',
		(spelled) => {
			const { headers } = binding.removedFrom(request([['History-Info', `<sip:${spelled}@h:5080>;index=1`]]))
			expect(headers.get('History-Info')).toBe(`<sip:${OTHER}@h:5080>;index=1`)
		},
	)

	it('gives way in bodies, whose other octets stay', () => {
		const body = Buffer.from(`\xff<target uri="sip:${TOKEN}@h"/>\x00`, 'latin1')
		const replaced = binding.removedFrom({ ...request([]), body })
		expect(Buffer.from(replaced.body).toString('latin1')).toBe(`\xff<target uri="sip:${OTHER}@h"/>\x00`)
	})

	it('stays in what the registrar and we have to repeat to each other', () => {
		const message = request([
			['To', `<sip:${TOKEN}@h>`],
			['Subject', 'lunch'],
		])
		expect([...binding.removedFrom(message).headers]).toEqual([...message.headers])
	})

	it('leaves the very message where it is not in it', () => {
		const message = request([['History-Info', `<sip:${OTHER}@h>;index=1, <sip:a%20b@h>;index=2`]], 'v=0')
		expect([...binding.removedFrom(message).headers]).toEqual([...message.headers])
		const plain = request([['Subject', 'lunch at the usual place']], 'v=0')
		expect(binding.removedFrom(plain)).toBe(plain)
	})

	it('is not looked for where it is a word that anybody may say', () => {
		const message = request([['Subject', 'alice']])
		expect(new BindingToken({ contactToken: 'alice' }, OTHER).removedFrom(message)).toBe(message)
	})
})
