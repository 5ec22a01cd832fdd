import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_ACCOUNT_LIMITS, DEFAULT_TENANT_LIMITS } from './limits.ts'
import { callingLimits, devicesOfAccount, limitsBeyond } from './stated-limits.ts'

const DEFAULTS = { account: DEFAULT_ACCOUNT_LIMITS, tenant: DEFAULT_TENANT_LIMITS }
const some = fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined })

describe('limits that are stated', () => {
	it('take the place of the process’s, one by one', () => {
		expect(callingLimits(DEFAULTS, undefined, undefined)).toBe(DEFAULTS)
		const { account, tenant } = callingLimits(DEFAULTS, { heldCalls: 5000 }, { heldCalls: 2000, outgoingCalls: 2 })
		expect(tenant).toEqual({ ...DEFAULT_TENANT_LIMITS, heldCalls: 5000 })
		expect(account).toEqual({ ...DEFAULT_ACCOUNT_LIMITS, heldCalls: 2000, outgoingCalls: 2 })
	})

	it('of an account are never more than its tenant’s, stated before or after', () => {
		const stated = fc.record(
			{ heldCalls: some, callsPerSecond: some, pushesPerSecond: some, outgoingCalls: some },
			{ requiredKeys: [] },
		)
		const present = (limits: object) =>
			Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))
		fc.assert(
			fc.property(stated, stated, (ofTenant, ofAccount) => {
				const { account, tenant } = callingLimits(DEFAULTS, present(ofTenant), present(ofAccount))
				for (const name of ['heldCalls', 'callsPerSecond', 'pushesPerSecond', 'outgoingCalls'] as const) {
					expect(account[name]).toBeLessThanOrEqual(tenant[name])
					expect(account[name]).toBe(Math.min(ofAccount[name] ?? DEFAULT_ACCOUNT_LIMITS[name], tenant[name]))
				}
			}),
		)
	})

	it('bound devices by what the tenant has for each account', () => {
		expect(devicesOfAccount({ devicesPerAccount: 20 })).toBe(20)
		expect(devicesOfAccount({ devicesPerAccount: 20 }, { devices: 3 })).toBe(3)
		expect(devicesOfAccount({ devicesPerAccount: 2 }, { devices: 3 })).toBe(2)
	})

	it('are named where they go beyond the tenant’s', () => {
		const wanted = { heldCalls: 1001, callsPerSecond: 100, devices: 21, outgoingCalls: null }
		expect(limitsBeyond(wanted, DEFAULT_TENANT_LIMITS)).toEqual([
			{ name: 'heldCalls', most: 1000 },
			{ name: 'devices', most: 20 },
		])
	})
})
