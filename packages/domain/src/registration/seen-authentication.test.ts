import { describe, expect, it } from 'vitest'
import {
	type AskedAuthentication,
	askedNow,
	type SeenAuthentication,
	seenAfter,
	seenFor,
} from './seen-authentication.ts'

const HOUR_MS = 3_600_000
const SHA: AskedAuthentication = { realm: 'pbx', algorithm: 'SHA-256', qop: 'auth' }
const fresh = seenFor(undefined, 'udp:pbx.example', 1)
const after = (seen: SeenAuthentication, asked: AskedAuthentication, nowMs = 0, more: { byProxy?: boolean } = {}) =>
	seenAfter(seen, { asked, nowMs, byProxy: false, isFirst: false, ...more })
const known = seenAfter(fresh, { asked: SHA, nowMs: 0, byProxy: false, isFirst: true })

describe('what a SIP server asks for', () => {
	it('is no change at first, whoever asks within the first turn', () => {
		const both = seenAfter(known, { asked: { ...SHA, realm: 'edge' }, nowMs: 1, byProxy: true, isFirst: true })
		expect(both).toEqual({ ...fresh, byServer: SHA, byProxy: { ...SHA, realm: 'edge' } })
		expect(askedNow(both)).toBe(SHA)
	})

	it('is nothing new when it is the same', () => {
		expect(after(known, { ...SHA })).toBe(known)
	})

	it.each([
		[{ realm: 'moved' }, 'realm-changed'],
		[{ realm: 'moved', algorithm: 'MD5' }, 'realm-changed'],
		[{ algorithm: 'MD5' }, 'weaker'],
		[{ qop: 'none' }, 'weaker'],
		[{ algorithm: 'SHA-512-256' }, undefined],
	] as const)('is noted when it is %o: %s', (asked, note) => {
		const seen = after(known, { ...SHA, ...asked }, 5)
		expect(seen.change).toEqual({ atMs: 5, byProxy: false, before: SHA, ...(note && { note }) })
		expect(askedNow(seen)).toEqual({ ...SHA, ...asked })
	})

	it('is noted when a proxy comes to ask as well', () => {
		const seen = after(known, { ...SHA, realm: 'elsewhere' }, 5, { byProxy: true })
		expect(seen.change).toEqual({ atMs: 5, byProxy: true, note: 'realm-changed' })
		expect(askedNow(seen)?.realm).toBe('elsewhere')
	})

	it('is told once an hour at most, however often it changes', () => {
		const weak = after(known, { ...SHA, algorithm: 'MD5' }, 5)
		expect(after(weak, SHA, HOUR_MS)).toBe(weak)
		expect(after(weak, SHA, HOUR_MS + 5).change).toMatchObject({ atMs: HOUR_MS + 5 })
	})

	it('begins anew with another server or credential', () => {
		expect(seenFor(known, 'udp:pbx.example', 1)).toBe(known)
		expect(seenFor(known, 'udp:pbx.example', 2)).toEqual({ server: 'udp:pbx.example', credentialVersion: 2 })
		expect(seenFor(known, 'tcp:pbx.example', 1)).toEqual({ server: 'tcp:pbx.example', credentialVersion: 1 })
	})
})
