import { systemRandom } from '@vigil/runtime'
import { describe, expect, it } from 'vitest'
import { digestOf, enrolmentCodeDigest, newContactToken, newEnrolmentCode, newToken, sameToken } from './tokens.ts'

describe('tokens', () => {
	it('carry 256 bits behind their prefix, and no two are the same', () => {
		const tokens = Array.from({ length: 100 }, () => newToken('vgl_dev_', systemRandom))
		expect(new Set(tokens).size).toBe(100)
		for (const token of tokens) expect(token).toMatch(/^vgl_dev_[A-Za-z0-9_-]{43}$/)
	})

	it('are kept as SHA-256', () => {
		// FIPS 180-2, appendix B.1.
		expect(digestOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
	})

	it('are compared as a whole, whatever their lengths', () => {
		expect(sameToken('abc', 'abc')).toBe(true)
		expect(sameToken('abc', 'abd')).toBe(false)
		expect(sameToken('abc', '')).toBe(false)
	})
})

describe('Contact tokens', () => {
	it('are 20 characters of one case that no URI has to escape, and no two are the same', () => {
		const tokens = Array.from({ length: 1000 }, () => newContactToken(systemRandom))
		for (const token of tokens) expect(token).toMatch(/^[a-z2-7]{20}$/)
		expect(new Set(tokens).size).toBe(1000)
		expect(new Set(tokens.join('')).size).toBe(32)
	})
})

describe('enrolment codes', () => {
	it('use letters and digits that nobody confuses', () => {
		for (let round = 0; round < 100; round += 1) {
			expect(newEnrolmentCode(systemRandom)).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
		}
	})

	it('mean the same however they are typed', () => {
		const digest = enrolmentCodeDigest('01AB-CDEF-GHJK-MNPQ')
		expect(enrolmentCodeDigest(' oiab cdef ghjk mnpq ')).toBe(digest)
		expect(enrolmentCodeDigest('0LABCDEFGHJKMNPQ')).toBe(digest)
		expect(enrolmentCodeDigest('01AB-CDEF-GHJK-MNPR')).not.toBe(digest)
	})
})
