import { describe, expect, it } from 'vitest'
import { formatAuthenticationInfo, parseAuthenticationInfo } from './authentication-info.ts'
import { checkNonce, makeNonce } from './nonce.ts'

const NOW = 1_800_000_000_000.75
const MINUTE = 60_000

describe('nonces', () => {
	const nonce = makeNonce('key', NOW)

	it('are good until their age is up', () => {
		expect(checkNonce(nonce, 'key', NOW, 5 * MINUTE)).toBe('ok')
		expect(checkNonce(nonce, 'key', NOW + 5 * MINUTE - 1, 5 * MINUTE)).toBe('ok')
		expect(checkNonce(nonce, 'key', NOW + 5 * MINUTE + 1, 5 * MINUTE)).toBe('stale')
	})

	it('of a clock that is a little ahead are good, of one far ahead stale', () => {
		expect(checkNonce(nonce, 'key', NOW - MINUTE / 2, MINUTE)).toBe('ok')
		expect(checkNonce(nonce, 'key', NOW - 2 * MINUTE, MINUTE)).toBe('stale')
	})

	it('belong to a key and a scope', () => {
		expect(checkNonce(nonce, 'other', NOW, MINUTE)).toBe('forged')
		expect(checkNonce(nonce, 'key', NOW, MINUTE, 'realm')).toBe('forged')
		expect(checkNonce(makeNonce('key', NOW, 'realm'), 'key', NOW, MINUTE, 'realm')).toBe('ok')
	})

	it('need no quoting', () => {
		expect(nonce).toMatch(/^[A-Za-z0-9_-]{28}$/)
	})

	it('are forged when anything about them is changed', () => {
		for (let i = 0; i < nonce.length; i++) {
			const changed = nonce.slice(0, i) + (nonce[i] === 'A' ? 'B' : 'A') + nonce.slice(i + 1)
			expect(checkNonce(changed, 'key', NOW, MINUTE)).toBe('forged')
		}
		for (const other of ['', nonce.slice(1), `${nonce}A`, '!'.repeat(28), 'é'.repeat(28)]) {
			expect(checkNonce(other, 'key', NOW, MINUTE)).toBe('forged')
		}
	})
})

describe('Authentication-Info', () => {
	it('is read and written', () => {
		const info = { nextnonce: 'n"1', qop: 'auth', rspauth: 'abc', cnonce: 'c', nc: '00000001' }
		const text = 'nextnonce="n\\"1", qop=auth, rspauth="abc", cnonce="c", nc=00000001'
		expect(formatAuthenticationInfo(info)).toBe(text)
		expect(parseAuthenticationInfo(text)).toEqual(info)
	})

	it('may be sloppy, and about nextnonce alone', () => {
		expect(parseAuthenticationInfo('NextNonce=n1')).toEqual({ nextnonce: 'n1' })
		expect(parseAuthenticationInfo('')).toEqual({})
		expect(parseAuthenticationInfo('nextnonce="n1')).toBeUndefined()
	})
})
