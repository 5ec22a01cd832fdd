import type { TenantId, TenantRules } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { expect, it } from 'vitest'
import { RulesOfTenants } from './rules-of-tenants.ts'

const TENANT = 'ten_1' as TenantId

function world(stated: () => Promise<ReadonlyMap<TenantId, TenantRules>>) {
	const clock = new VirtualClock()
	let reads = 0
	const source = {
		rules: () => {
			reads++
			return stated()
		},
	}
	return { clock, rules: new RulesOfTenants(source, clock, silentLogger), reads: () => reads }
}

it('lets calls come from anywhere where a tenant says nothing, or nobody can be asked', () => {
	const rules = new RulesOfTenants(undefined, new VirtualClock(), silentLogger)
	expect(rules.of(TENANT).inviteSource).toBe('any')
	expect(rules.of(TENANT).networks.check('192.0.2.1')).toBe(false)
})

it('knows the networks that tenants name', async () => {
	const inviteNetworks = ['192.0.2.0/24', '198.51.100.7', '2001:db8::/32', '2001:db9::1']
	const { rules } = world(async () => new Map([[TENANT, { inviteSource: 'registrar', inviteNetworks }]]))
	await rules.load()
	const { inviteSource, networks } = rules.of(TENANT)
	expect(inviteSource).toBe('registrar')
	const inside = (host: string) => networks.check(host, host.includes(':') ? 'ipv6' : 'ipv4')
	expect(['192.0.2.200', '198.51.100.7', '2001:db8:5::1', '2001:db9::1'].map(inside)).not.toContain(false)
	expect(['192.0.3.1', '198.51.100.8', '2001:db9::2'].map(inside)).not.toContain(true)
	expect(rules.of('ten_2' as TenantId).inviteSource).toBe('any')
})

it('reads them anew when it is told to, once more where that was while it read, and by the sweep', async () => {
	const { clock, rules, reads } = world(async () => new Map())
	for (let i = 0; i < 5; i++) rules.refresh()
	await clock.advance(0)
	expect(reads()).toBe(2)
	rules.refresh()
	await clock.advance(0)
	expect(reads()).toBe(3)
	rules.startSweep(30_000)
	await clock.advance(65_000)
	expect(reads()).toBe(5)
	rules.close()
	await clock.advance(65_000)
	expect([reads(), clock.pendingTimers]).toEqual([5, 0])
})

it('keeps what it knows while the database is away', async () => {
	let away = false
	const { clock, rules } = world(async () => {
		if (away) throw new Error('the database is away')
		return new Map([[TENANT, { inviteSource: 'registrar' }]])
	})
	await rules.load()
	away = true
	rules.refresh()
	await clock.advance(0)
	expect(rules.of(TENANT).inviteSource).toBe('registrar')
	await expect(rules.load()).rejects.toThrow('away')
})
