import { describe, expect, it } from 'vitest'
import type { AccountId, DeviceId, TenantId } from '../ids.ts'
import { PushBudget, type PushLimits } from './push-budget.ts'

const RATES = {
	pushesPerSecond: 1000,
	tenantPushesPerSecond: 50,
	accountPushesPerSecond: 20,
	devicePushesPerSecond: 10,
}

function pushes(budget: PushBudget, many: number, nowMs: number, account = 'acc', limits?: PushLimits) {
	const taken: Record<string, number> = {}
	for (let index = 0; index < many; index++) {
		const ids = { tenantId: 'ten' as TenantId, accountId: account as AccountId, deviceId: `dev${index}` as DeviceId }
		const scope = budget.take({ ...ids, limits }, nowMs) ?? 'sent'
		taken[scope] = (taken[scope] ?? 0) + 1
	}
	return taken
}

describe('the budget of pushes', () => {
	it('is that of the account, and of its tenant for all accounts together', () => {
		const budget = new PushBudget(RATES)
		expect(pushes(budget, 60, 0, 'a')).toEqual({ sent: 40, account: 20 })
		expect(pushes(budget, 60, 0, 'b')).toEqual({ sent: 40, account: 20 })
		expect(pushes(budget, 60, 0, 'c')).toEqual({ sent: 20, tenant: 40 })
	})

	it('is another one from the moment that a limit is changed', () => {
		const budget = new PushBudget(RATES)
		expect(pushes(budget, 10, 0, 'acc', { tenant: 50, account: 2 })).toEqual({ sent: 4, account: 6 })
		expect(pushes(budget, 10, 1000, 'acc', { tenant: 50, account: 2 })).toEqual({ sent: 2, account: 8 })
		expect(pushes(budget, 10, 2000, 'acc', { tenant: 50, account: 20 })).toEqual({ sent: 10 })
		expect(pushes(budget, 10, 2000, 'other', { tenant: 1, account: 20 })).toEqual({ sent: 2, tenant: 8 })
	})
})
