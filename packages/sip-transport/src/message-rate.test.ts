import { describe, expect, it } from 'vitest'
import { MessageRate } from './message-rate.ts'

const source = (host: string, id = `flow of ${host}`) => ({ id, remote: { host, port: 5060 } })

describe('MessageRate', () => {
	it('lets a burst through and then so many a second', () => {
		const rate = new MessageRate({ perSecond: 10, burst: 3 })
		const allowed = (now: number) => rate.allows(source('192.0.2.1'), now)
		expect([allowed(0), allowed(0), allowed(0), allowed(0)]).toEqual([true, true, true, false])
		expect([allowed(99), allowed(100), allowed(100)]).toEqual([false, true, false])
		expect([allowed(60_000), allowed(60_000), allowed(60_000), allowed(60_000)]).toEqual([true, true, true, false])
	})

	it('counts sources apart, an IPv6 /64 as one, and exempt ones not at all', () => {
		const rate = new MessageRate({ perSecond: 1, burst: 1, exempt: ({ host }) => host === '192.0.2.9' })
		const allowed = (host: string) => rate.allows(source(host), 0)
		expect([allowed('192.0.2.1'), allowed('192.0.2.2'), allowed('192.0.2.1')]).toEqual([true, true, false])
		expect([allowed('2001:db8::1'), allowed('2001:db8::2')]).toEqual([true, false])
		expect([allowed('192.0.2.9'), allowed('192.0.2.9')]).toEqual([true, true])
	})

	it('counts a flow that has proved itself for itself', () => {
		const rate = new MessageRate({ perSecond: 1, burst: 1, countsAlone: ({ id }) => id === 'phone' })
		const allowed = (id: string) => rate.allows(source('192.0.2.1', id), 0)
		expect([allowed('neighbour'), allowed('neighbour'), allowed('phone'), allowed('phone')]).toEqual([
			...[true, false],
			...[true, false],
		])
	})

	it('is not upset by a clock that goes backwards', () => {
		const rate = new MessageRate({ perSecond: 1, burst: 1 })
		expect([rate.allows(source('a'), 1000), rate.allows(source('a'), 0)]).toEqual([true, false])
	})
})
