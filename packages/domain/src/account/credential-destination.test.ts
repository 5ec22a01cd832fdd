import { describe, expect, it } from 'vitest'
import { DEFAULT_ATTRIBUTES } from './account.ts'
import { bringsCredential, movedDestination } from './credential-destination.ts'

const present = {
	domain: 'pbx.example:5070',
	transport: 'wss' as const,
	webSocketPath: '/ws',
	attributes: { ...DEFAULT_ATTRIBUTES, outboundProxy: 'sbc.example' },
}

describe('a change that leads a credential elsewhere', () => {
	it.each([
		[{ domain: 'other.example' }, ['domain']],
		[{ domain: 'pbx.example' }, ['domain']],
		[{ domain: 'PBX.example:5070' }, []],
		[{ transport: 'udp' as const, webSocketPath: null }, ['transport', 'webSocketPath']],
		[{ transport: 'wss' as const }, []],
		[{ webSocketPath: '/other' }, ['webSocketPath']],
		[{ attributes: { outboundProxy: 'sbc.example:5061' } }, ['outboundProxy']],
		[{ attributes: { outboundProxy: null } }, ['outboundProxy']],
		[{ attributes: { outboundProxy: 'SBC.example', natEmulation: true } }, []],
		[{ displayName: 'Bob', authUsername: 'bob', disabled: true }, []],
	])('%j moves %j', (change, fields) => {
		expect(movedDestination(present, change)).toEqual(fields)
	})

	it('is free to go where there is nothing to lead, or something new', () => {
		expect(bringsCredential({ attributes: { pushEnabled: false } })).toBe(true)
		expect(bringsCredential({ attributes: { pushEnabled: true } })).toBe(false)
		expect(bringsCredential({ ha1: { realm: 'r' } })).toBe(true)
		expect(bringsCredential({ domain: 'x' })).toBe(false)
	})
})
