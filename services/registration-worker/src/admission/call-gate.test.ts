import { type Account, CallAdmission, type CallLimits, type DeviceId, type LoadLevel } from '@vigil/domain'
import { buildRequest, type SipResponse } from '@vigil/sip'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { CallGate } from './call-gate.ts'
import { RecentRefusals } from './recent-refusals.ts'
import { RefusalCounts } from './refusal-counts.ts'

const ACCOUNT = { id: 'account', tenantId: 'tenant' } as Account
const MUCH = { heldCalls: 100, callsPerSecond: 100 }

function gateWith(change: Partial<CallLimits>, load: LoadLevel = 'normal') {
	const clock = new VirtualClock()
	const refusals = new RefusalCounts()
	const limits = { account: MUCH, tenant: MUCH, ...change }
	const gate = new CallGate({
		admission: new CallAdmission(MUCH),
		refusals,
		recent: new RecentRefusals(),
		limitsOf: () => limits,
		limitsOfDevice: () => ({ ...limits, account: { heldCalls: 1, callsPerSecond: 1 } }),
		load: () => load,
		clock,
	})
	return { gate, clock, refusals }
}

const invite = buildRequest({
	method: 'INVITE',
	uri: 'sip:token@192.0.2.1',
	headers: [
		['Via', 'SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1'],
		['From', '<sip:a@b>;tag=1'],
		['To', '<sip:c@d>'],
		['Call-ID', 'x'],
		['CSeq', '1 INVITE'],
	],
})
const bid = { invite, account: ACCOUNT, isFromOwnServer: true }

function shown(response: SipResponse | undefined) {
	return response && [response.status, response.headers.get('Retry-After')]
}

describe('the gate of calls', () => {
	it('answers 486 for the budget of the account', () => {
		const { gate } = gateWith({ account: { heldCalls: 1, callsPerSecond: 10 } })
		expect(gate.take(bid)).toHaveProperty('release')
		expect(shown(gate.refusal(bid, 'key'))).toEqual([486, undefined])
	})

	it('answers 503 and when to come again for the budget of the tenant, and for the load', () => {
		const { gate } = gateWith({ tenant: { heldCalls: 1, callsPerSecond: 10 } })
		gate.take(bid)
		expect(shown(gate.refusal(bid, 'key'))).toEqual([503, '5'])
		expect(shown(gateWith({}, 'overloaded').gate.refusal(bid, 'key'))).toEqual([503, '5'])
	})

	it('gives a copy of a refused INVITE the same answer, though there is room by then', () => {
		const { gate, refusals } = gateWith({ account: { heldCalls: 1, callsPerSecond: 10 } })
		const taken = gate.take(bid)
		gate.refusal(bid, 'key')
		if ('release' in taken) taken.release()
		expect(shown(gate.refusal(bid, 'key'))).toEqual([486, undefined])
		expect(gate.refusal(bid, 'another call')).toBeUndefined()
		expect(refusals.totals).toEqual([{ scope: 'account', kind: 'held-calls', count: 1 }])
	})

	it('makes one entry of a flood', () => {
		const { gate, refusals, clock } = gateWith({ account: { heldCalls: 1, callsPerSecond: 10 } })
		gate.take(bid)
		for (let index = 0; index < 1000; index++) gate.refusal(bid, `key ${index}`)
		const atMs = clock.wall()
		expect(refusals.taken()).toEqual([
			expect.objectContaining({ accountId: 'account', tenantId: 'tenant', count: 1000, firstAtMs: atMs }),
		])
		expect(refusals.taken()).toEqual([])
	})

	it('lets a device call only so often', () => {
		const { gate } = gateWith({})
		const take = () => gate.takeOutgoing(invite, ACCOUNT, 'device' as DeviceId)
		expect(take()).toHaveProperty('release')
		expect(take()).toHaveProperty('refusal')
	})
})
