import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AccountId, TenantId } from '../ids.ts'
import { type BudgetRefusal, CallAdmission, type CallBid } from './call-admission.ts'

const LIMITS = {
	account: { heldCalls: 30, callsPerSecond: 10 },
	tenant: { heldCalls: 100, callsPerSecond: 50 },
}
const PROCESS = { heldCalls: 200, callsPerSecond: 100 }

function bid(account: string, tenant: string, change: Partial<CallBid> = {}): CallBid {
	return {
		partyId: account as AccountId,
		tenantId: tenant as TenantId,
		limits: LIMITS,
		isFromOwnServer: true,
		load: 'normal',
		...change,
	}
}

function isPlace(taken: (() => void) | BudgetRefusal): taken is () => void {
	return typeof taken === 'function'
}

/** So many calls come at once; how many are taken on. */
function flood(admission: CallAdmission, calls: number, nowMs: number, of: (index: number) => CallBid): (() => void)[] {
	return Array.from({ length: calls }, (_, index) => admission.take(of(index), nowMs)).filter(isPlace)
}

describe('calls of one account', () => {
	it('are as many at a time as it may hold, and one more when one ends', () => {
		const admission = new CallAdmission(PROCESS)
		const places = flood(admission, 100, 0, () => bid('a', 't'))
		expect(places).toHaveLength(30)
		expect(admission.refusal(bid('a', 't'), 10_000)).toEqual({ scope: 'account', kind: 'held-calls' })
		places[0]?.()
		places[0]?.()
		expect(flood(admission, 5, 10_000, () => bid('a', 't'))).toHaveLength(1)
	})

	it('are as many in a second as it may begin, however fast they end', () => {
		const admission = new CallAdmission(PROCESS)
		const begun = (nowMs: number) => {
			const places = flood(admission, 100, nowMs, () => bid('a', 't', { limits: unbounded() }))
			for (const release of places) release()
			return places.length
		}
		expect(begun(0)).toBe(30)
		expect(begun(1000)).toBe(10)
		expect(admission.refusal(bid('a', 't'), 1000)).toEqual({ scope: 'account', kind: 'call-rate' })
	})

	it('that come from elsewhere leave half to those from its own server', () => {
		const admission = new CallAdmission(PROCESS)
		expect(flood(admission, 100, 0, () => bid('a', 't', { isFromOwnServer: false }))).toHaveLength(15)
		expect(flood(admission, 100, 0, () => bid('a', 't'))).toHaveLength(15)
	})
})

function unbounded() {
	return { ...LIMITS, account: { ...LIMITS.account, heldCalls: 1000 } }
}

describe('tenants', () => {
	it('do not feel the flood of another', () => {
		const admission = new CallAdmission(PROCESS)
		flood(admission, 1000, 0, (index) => bid(`a${index}`, 'flooding'))
		expect(isPlace(admission.take(bid('b', 'quiet'), 0))).toBe(true)
	})

	it('do not feel the floods of many others, that take the rate of the process', () => {
		const admission = new CallAdmission({ heldCalls: 10_000, callsPerSecond: 100 })
		flood(admission, 5000, 0, (index) => bid(`a${index}`, `flooding${index % 5}`))
		expect(isPlace(admission.take(bid('b', 'quiet'), 0))).toBe(true)
	})

	it('share the places of the process when half of them are taken', () => {
		const admission = new CallAdmission({ heldCalls: 200, callsPerSecond: 1000 })
		for (const tenant of ['first', 'second', 'third']) {
			flood(admission, 200, 0, (index) => bid(`${tenant}${index}`, tenant))
		}
		expect(admission.refusal(bid('first', 'first'), 5000)).toEqual({ scope: 'tenant', kind: 'held-calls' })
		expect(isPlace(admission.take(bid('d', 'quiet'), 0))).toBe(true)
	})

	it('are refused when the process has no place left', () => {
		const admission = new CallAdmission({ heldCalls: 2, callsPerSecond: 1000 })
		flood(admission, 4, 0, (index) => bid(`a${index}`, `t${index}`))
		expect(admission.held).toBe(2)
		expect(admission.refusal(bid('c', 'third'), 0)).toEqual({ scope: 'process', kind: 'held-calls' })
	})

	it('wait when the process is late, those first that take most', () => {
		const admission = new CallAdmission(PROCESS)
		flood(admission, 80, 0, (index) => bid(`a${index}`, 'flooding'))
		expect(admission.refusal(bid('a', 'flooding', { load: 'strained' }), 0)).toEqual({
			scope: 'tenant',
			kind: 'call-rate',
		})
		expect(admission.refusal(bid('b', 'quiet', { load: 'strained' }), 0)).toBeUndefined()
		expect(admission.refusal(bid('b', 'quiet', { load: 'overloaded' }), 0)).toEqual({ scope: 'process', kind: 'load' })
	})
})

describe('admission', () => {
	it('never holds more than any budget, and holds nothing when all calls are over', () => {
		const call = fc.record({ account: fc.nat(20), tenant: fc.nat(4), afterMs: fc.nat(50), ends: fc.boolean() })
		fc.assert(
			fc.property(fc.array(call, { maxLength: 400 }), (calls) => {
				const admission = new CallAdmission(PROCESS)
				const places: { tenant: number; account: string; release: () => void }[] = []
				let nowMs = 0
				for (const { account, tenant, afterMs, ends } of calls) {
					nowMs += afterMs
					const name = `a${tenant}-${account}`
					const taken = admission.take(bid(name, `t${tenant}`), nowMs)
					if (isPlace(taken)) places.push({ tenant, account: name, release: taken })
					if (ends) places.shift()?.release()
					expect(admission.held).toBe(places.length)
					expect(places.filter((place) => place.account === name).length).toBeLessThanOrEqual(30)
					expect(places.filter((place) => place.tenant === tenant).length).toBeLessThanOrEqual(100)
				}
				for (const { release } of places) release()
				expect(admission.held).toBe(0)
			}),
		)
	})
})
