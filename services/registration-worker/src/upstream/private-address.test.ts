import { expect, it } from 'vitest'
import { privateHostPort } from './private-address.ts'

const ids = Array.from({ length: 2000 }, (_, index) => `acc_${index.toString(36)}`)

it('is a private address and a port that a phone may have', () => {
	for (const id of ids) {
		const [, network, host, port] = /^192\.168\.(\d+)\.(\d+):(\d+)$/.exec(privateHostPort(id))?.map(Number) ?? []
		expect(network).toBeLessThan(256)
		expect(host).toBeGreaterThan(1)
		expect(host).toBeLessThan(255)
		expect(port).toBeGreaterThanOrEqual(10_000)
		expect(port).toBeLessThan(60_000)
	}
})

it('is the same for an account every time, and spread over many accounts', () => {
	expect(ids.map(privateHostPort)).toEqual(ids.map(privateHostPort))
	expect(new Set(ids.map(privateHostPort)).size).toBeGreaterThan(ids.length * 0.99)
})
