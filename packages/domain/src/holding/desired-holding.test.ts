import { describe, expect, it } from 'vitest'
import { DEFAULT_ATTRIBUTES } from '../account/account.ts'
import type { Device } from '../device/device.ts'
import type { AccountId, DeviceId, PushAppId, PushTokenId, TenantId } from '../ids.ts'
import { desiredHolding } from './desired-holding.ts'

function device(overrides: Partial<Device> = {}): Device {
	const id = 'dev_1' as DeviceId
	return {
		id,
		tenantId: 'ten_1' as TenantId,
		platform: 'ios',
		instanceId: 'urn:uuid:1',
		activity: 'background',
		activitySinceMs: 0,
		registeredUpstream: false,
		lines: ['acc_1' as AccountId],
		createdAtMs: 0,
		pushTokens: [
			{
				id: 'tok_1' as PushTokenId,
				deviceId: id,
				pushAppId: 'app_1' as PushAppId,
				kind: 'voip',
				token: 'ab',
				registeredAtMs: 0,
			},
		],
		...overrides,
	}
}

const account = { attributes: DEFAULT_ATTRIBUTES, disabled: false }

describe('desired holding in mode 0', () => {
	it('holds while a device sleeps', () => {
		expect(desiredHolding(account, [device()])).toEqual({ hold: true, reason: 'device-away' })
		expect(desiredHolding(account, [device({ activity: 'terminated' })]).hold).toBe(true)
	})

	it('stays until a device in the foreground says that it has registered', () => {
		expect(desiredHolding(account, [device({ activity: 'foreground' })]).hold).toBe(true)
		const back = device({ activity: 'foreground', registeredUpstream: true })
		expect(desiredHolding(account, [back])).toEqual({ hold: false, reason: 'devices-in-foreground' })
	})

	it('holds while any of several devices is away', () => {
		const back = device({ activity: 'foreground', registeredUpstream: true })
		expect(desiredHolding(account, [back, device()]).hold).toBe(true)
	})

	it('does not hold for a device that no push can wake', () => {
		expect(desiredHolding(account, [device({ pushTokens: [] })]).reason).toBe('no-wakeable-device')
		const dead = device()
		const retired = dead.pushTokens.map((token) => ({ ...token, retiredAtMs: 1 }))
		expect(desiredHolding(account, [{ ...dead, pushTokens: retired }]).reason).toBe('no-wakeable-device')
		expect(desiredHolding(account, []).reason).toBe('no-wakeable-device')
	})

	it('does not hold for a disabled account or with push off', () => {
		expect(desiredHolding({ ...account, disabled: true }, [device()]).reason).toBe('account-disabled')
		const off = { ...account, attributes: { ...DEFAULT_ATTRIBUTES, pushEnabled: false } }
		expect(desiredHolding(off, [device()]).reason).toBe('push-off')
	})
})
