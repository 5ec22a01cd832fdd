import { describe, expect, it } from 'vitest'
import type { RegisterSeen } from '../peers/kamailio-log.ts'
import { gapTransactions, holderTimes } from './holders.ts'
import { lateUnregisters } from './late-unregisters.ts'

const [PHONE, OURS] = ['sip:phone@127.0.0.1:1', 'sip:ours@127.0.0.1:2']

function register(atMs: number, contact: string, expires = 600): RegisterSeen {
	const [callId, cseq, transport, source] = ['c', atMs, 'udp', '127.0.0.1:1']
	const answered = { status: 200, answeredAtMs: atMs + 1 }
	return { atMs, callId, cseq, expires, transport, contact, source, digest: new Map(), ...answered }
}

describe('what is read from the record of the bindings', () => {
	it('is how long there was none, and how long there were two', () => {
		const seen = [
			{ atMs: 0, contacts: [PHONE] },
			{ atMs: 100, contacts: [] },
			{ atMs: 130, contacts: [OURS] },
			{ atMs: 200, contacts: [OURS, PHONE] },
			{ atMs: 250, contacts: [PHONE, OURS] },
			{ atMs: 260, contacts: [] },
		]
		expect(holderTimes(seen, 270)).toEqual({
			none: { total: 40, longest: 30, times: 2 },
			several: { total: 60, longest: 60, times: 1 },
		})
		const registers = [register(99, PHONE, 0), register(110, ''), register(129, OURS), register(259, '*', 0)]
		expect(gapTransactions(seen, registers)).toBe(2)
	})

	it('is which removals took what they do not name', () => {
		const both = { atMs: 10, contacts: [PHONE, OURS] }
		const own = [both, { atMs: 21.5, contacts: [PHONE] }]
		expect(lateUnregisters(0, [register(20, `<${OURS}>;expires=0`, 0)], own)).toEqual([])
		const all = [both, { atMs: 21.5, contacts: [] }]
		for (const contact of ['*', `<${OURS}>;expires=0`]) {
			expect(lateUnregisters(0, [register(20, contact, 0)], all)).toEqual([{ atMs: 20, contact }])
		}
	})

	it('is every removal in mode 3, and no binding query', () => {
		const registers = [register(20, `<${OURS}>;expires=0`, 0), register(30, '', 0)]
		expect(lateUnregisters(3, registers, [])).toHaveLength(1)
	})
})
