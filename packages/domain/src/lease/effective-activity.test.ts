import { describe, expect, it } from 'vitest'
import type { Device } from '../device/device.ts'
import type { DeviceId, TenantId } from '../ids.ts'
import { effectiveActivity, isRenewal, leaseEndMs, withEffectiveActivity } from './effective-activity.ts'

const NOW = 1_000_000

const device: Device = {
	id: 'dev_1' as DeviceId,
	tenantId: 'ten_1' as TenantId,
	platform: 'ios',
	instanceId: 'urn:uuid:1',
	activity: 'foreground',
	activitySinceMs: 0,
	registeredUpstream: true,
	pushTokens: [],
	lines: [],
	createdAtMs: 0,
}
const leased = { ...device, leaseUntilMs: NOW + 60_000 }

describe('the effective activity', () => {
	it.each([
		['foreground', undefined, 'foreground'],
		['foreground', NOW + 0.001, 'foreground'],
		['foreground', NOW, 'terminated'],
		['foreground', 0, 'terminated'],
		['background', 0, 'background'],
		['terminated', 0, 'terminated'],
	] as const)('of %s with a lease until %s is %s', (activity, leaseUntilMs, effective) => {
		const stated = leaseUntilMs === undefined ? { ...device, activity } : { ...device, activity, leaseUntilMs }
		expect(effectiveActivity(stated, NOW)).toBe(effective)
		expect(withEffectiveActivity(stated, NOW)).toEqual({ ...stated, activity: effective })
	})

	it('leaves a device alone whose statement still holds', () => {
		expect(withEffectiveActivity(leased, NOW)).toBe(leased)
	})
})

describe('the end of a lease', () => {
	it.each([
		[60, 0, NOW + 60_000],
		[60, 300, NOW + 60_000],
		[undefined, 300, NOW + 300_000],
		[undefined, 0, undefined],
	])('asked for %s, by default %s', (asked, byDefault, end) => expect(leaseEndMs(NOW, asked, byDefault)).toBe(end))
})

describe('a renewal', () => {
	it('is the same statement with a lease that ends no sooner', () => {
		expect(isRenewal(leased, { ...leased, leaseUntilMs: NOW + 90_000 }, NOW)).toBe(true)
		expect(isRenewal(leased, leased, NOW)).toBe(true)
	})

	it.each([
		['of a lease that has lapsed', { ...leased, leaseUntilMs: NOW }, leased],
		['that says something else', leased, { ...leased, registeredUpstream: false }],
		['that says that its binding is gone', leased, { ...leased, unregisteredUpstream: true }],
		['that leaves the foreground', leased, { ...leased, activity: 'background' as const }],
		['that shortens the lease', leased, { ...leased, leaseUntilMs: NOW + 1000 }],
		['that gives the lease up', leased, device],
		['that takes the first lease', device, leased],
		['from the background', { ...leased, activity: 'background' as const }, leased],
	])('is not one %s', (_name, before, after) => expect(isRenewal(before, after, NOW)).toBe(false))
})
