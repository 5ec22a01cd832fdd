import { type Account, CallAdmission, DEFAULT_ATTRIBUTES, type DeviceId } from '@vigil/domain'
import { buildRequest } from '@vigil/sip'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { CallGate } from '../admission/call-gate.ts'
import { RecentRefusals } from '../admission/recent-refusals.ts'
import { RefusalCounts } from '../admission/refusal-counts.ts'
import type { AccountSideDeps } from './account-side.ts'
import { AccountTarget } from './account-target.ts'
import { OutgoingBounds } from './outgoing/outgoing-bounds.ts'

const PHONE = 'dev1' as DeviceId
const ACCOUNT = {
	id: 'acc1',
	tenantId: 'ten1',
	username: 'alice',
	domain: 'pbx.example',
	attributes: { ...DEFAULT_ATTRIBUTES, pushEnabled: true },
	disabled: false,
} as Account

const invite = buildRequest({ method: 'INVITE', uri: 'sip:bob@pbx.example', headers: [['CSeq', '1 INVITE']] })

function world(account: Account = ACCOUNT, outgoing = 1, heldCalls = 10) {
	const limits = { account: { heldCalls, callsPerSecond: 10 }, tenant: { heldCalls: 10, callsPerSecond: 10 } }
	const refusals = new RefusalCounts()
	const gate = new CallGate({
		admission: new CallAdmission(limits.tenant),
		refusals,
		recent: new RecentRefusals(),
		limitsOf: () => limits,
		limitsOfDevice: () => limits,
		load: () => 'normal',
		clock: new VirtualClock(),
	})
	const bounds = new OutgoingBounds(() => ({ device: outgoing, account: 10, tenant: 10 }))
	const told: string[] = []
	const hints = {
		pinged: (id: string) => told.push(`pinged ${id}`),
		callWaits: (id: string) => told.push(`waits ${id}`),
	}
	const deps = { side: {} as AccountSideDeps, gate, bounds, hints }
	return { target: new AccountTarget(deps, { account, devices: [] }), bounds, refusals, told }
}

describe('an account as the target of calls', () => {
	it('takes no calls while it is disabled, or without push', () => {
		const { attributes } = ACCOUNT
		expect(world().target.isAvailable).toBe(true)
		expect(world({ ...ACCOUNT, disabled: true }).target.isAvailable).toBe(false)
		expect(world({ ...ACCOUNT, attributes: { ...attributes, pushEnabled: false } }).target.isAvailable).toBe(false)
	})

	it('says in words that a device has as many calls as it may, and counts that', () => {
		const { target, bounds, refusals } = world()
		const first = target.admitOutgoing(invite, PHONE)
		const second = target.admitOutgoing(invite, PHONE)
		if (!('refusal' in second) || !('release' in first)) throw expect.unreachable()
		expect(second.refusal).toMatchObject({ status: 480, reason: 'Too Many Calls at Once' })
		expect(second.refusal.headers.get('Warning')).toMatch(/^399 vigil "the device, its account or tenant has /)
		expect(refusals.totals).toMatchObject([{ scope: 'device', kind: 'outgoing-calls', count: 1 }])
		first.release()
		expect(bounds.size).toBe(0)
		expect(target.admitOutgoing(invite, PHONE)).toHaveProperty('release')
	})

	it('gives the place of a call back that the budgets refuse', () => {
		const { target, bounds } = world(ACCOUNT, 5, 1)
		const first = target.admitOutgoing(invite, PHONE)
		expect(target.admitOutgoing(invite, PHONE)).toHaveProperty('refusal')
		expect(bounds.size).toBe(1)
		if ('release' in first) first.release()
		expect(bounds.size).toBe(0)
	})

	it('tells its registration of calls and of questions', () => {
		const { target, told } = world()
		target.pinged()
		target.callWaits()
		expect(told).toEqual(['pinged acc1', 'waits acc1'])
	})
})
