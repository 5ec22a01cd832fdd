import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { UpstreamPace } from '../pacing/upstream-pace.ts'
import type { Connector, UpstreamPath } from './upstream.ts'
import { Upstreams } from './upstreams.ts'

const MORE_THAN_ARE_REMEMBERED = 10_001
const USUAL = { host: 'pbx.test', port: undefined, transport: 'udp' } as const
const account = (domain: string) => ({ domain, transport: 'udp', attributes: {} }) as const

function servers() {
	const connector: Connector = {
		resolve: async ({ host }) => [{ transport: 'udp', host: addressOf(host), port: 5060, domain: host }],
		connect: async (): Promise<UpstreamPath> => Promise.reject(new Error('refused')),
		heard: () => {},
		hasResponded: () => false,
		keepOpen: () => {},
		pingEvery: () => {},
	}
	return new Upstreams(new VirtualClock(), connector, () => new UpstreamPace(10, 10))
}

function addressOf(host: string): string {
	return host === 'first.test' ? '192.0.2.1' : '192.0.2.2'
}

function redirectWithoutEnd(upstreams: Upstreams): void {
	for (let index = 0; index < MORE_THAN_ARE_REMEMBERED; index++) upstreams.redirected(`sip:target${index}.test`, USUAL)
}

describe('servers that a 3xx names', () => {
	it('are followed for one tenant, however many another one was sent to', () => {
		const upstreams = servers()
		redirectWithoutEnd(upstreams)
		expect(upstreams.redirected('sip:honest.test', USUAL)?.name).toBe('udp:honest.test')
		expect([...upstreams.all].length).toBeLessThan(MORE_THAN_ARE_REMEMBERED)
	})

	it('are not found at their addresses when they were forgotten, also where the answer of the DNS comes late', async () => {
		const upstreams = servers()
		const first = upstreams.redirected('sip:first.test', USUAL)
		await first?.open(0, 0).catch(() => {})
		expect([...upstreams.at('192.0.2.1')]).toEqual([first])
		const late = upstreams.redirected('sip:late.test', USUAL)
		redirectWithoutEnd(upstreams)
		expect([...upstreams.at('192.0.2.1')]).toEqual([])
		await late?.open(0, 0).catch(() => {})
		expect([...upstreams.at('192.0.2.2')]).toEqual([])
	})

	it('stay when an account has named them as well', () => {
		const upstreams = servers()
		const both = upstreams.redirected('sip:both.test', USUAL)
		expect(upstreams.of(account('both.test'))).toBe(both)
		redirectWithoutEnd(upstreams)
		expect(upstreams.redirected('sip:both.test', USUAL)).toBe(both)
	})
})
