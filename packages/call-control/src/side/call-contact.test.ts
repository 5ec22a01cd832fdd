import { randomBytes } from 'node:crypto'
import { CONTACT_TOKEN_LENGTH, contactTokenFrom, looksLikeContactToken } from '@vigil/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallContact } from './call-contact.ts'

const UDP = { transport: 'udp' } as const
const octets = fc.uint8Array({ minLength: CONTACT_TOKEN_LENGTH, maxLength: 64 })

describe('the Contact of a call', () => {
	it('has a token of the same shape as the account’s, and nothing of it', () => {
		fc.assert(
			fc.property(octets, fc.array(octets, { minLength: 1, maxLength: 8 }), (ofAccount, ofCalls) => {
				const account = contactTokenFrom(ofAccount)
				// Even where the randomness of the account's token is what the call draws.
				const drawn = [ofAccount, ...ofCalls].map((bytes) => Buffer.from(bytes).toString('base64url'))
				for (const text of drawn) {
					const { token } = new CallContact(UDP, { token: () => text })
					expect(looksLikeContactToken(token)).toBe(true)
					expect(token).not.toBe(account)
					expect(sharedPrefix(token, account)).toBeLessThan(8)
					expect(account.includes(token.slice(0, 8))).toBe(false)
				}
			}),
		)
	})

	it('is another one for each call', () => {
		const random = { token: (bytes: number) => randomBytes(bytes).toString('base64url') }
		const tokens = Array.from({ length: 2000 }, () => new CallContact(UDP, random).token)
		expect(new Set(tokens.map((token) => token.slice(0, 12))).size).toBe(tokens.length)
		expect([...new Set(tokens.join(''))].sort().join('')).toBe('234567abcdefghijklmnopqrstuvwxyz')
	})

	it('names the transport where it is not UDP', () => {
		const random = { token: () => 'x' }
		const { token } = new CallContact(UDP, random)
		expect(new CallContact(UDP, random).at('[2001:db8::1]:5080')).toBe(`<sip:${token}@[2001:db8::1]:5080>`)
		expect(new CallContact({ transport: 'wss' }, random).at('h:1')).toBe(`<sip:${token}@h:1;transport=wss>`)
	})
})

function sharedPrefix(left: string, right: string): number {
	let length = 0
	while (length < left.length && left[length] === right[length]) length++
	return length
}
