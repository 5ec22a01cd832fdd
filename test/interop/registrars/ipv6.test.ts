import { networkInterfaces } from 'node:os'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { sippCall } from '../peers/sipp.ts'
import { isOneRegistration, RegistrarWorld, statusesOf } from './registrar-world.ts'

const hasIpv6Loopback = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

describe.skipIf(!hasIpv6Loopback || !havePeers('kamailio', 'sipp'))('Kamailio that is reached by IPv6', () => {
	let world: RegistrarWorld

	beforeAll(async () => {
		world = await RegistrarWorld.start({ ipv6: true, maxExpiresSeconds: 4 })
	})

	afterAll(() => world?.close())

	it.each(['udp', 'tcp'] as const)('over %s: bound, refreshed, called, gone', async (transport) => {
		const domain = `[::1]:${world.kamailio.port}`
		const { username, account, phone, line } = await world.user(`six${transport}`, { transport, domain })
		expect(line).toMatchObject({ holder: 'service', registration: { state: 'registered' } })
		const registers = await world.registers(username, 200, 2)
		expect(statusesOf(registers)).toEqual([401, 200, 200])
		expect(new Set(registers.map((register) => register.transport))).toEqual(new Set([transport]))
		expect(await world.registration(account.id, 'registered')).toMatchObject({ target: `${transport}:${domain}` })
		await expect.poll(() => world.kamailio.bindingChanges(username).at(-1)?.contact).toContain('@[::1]:')

		// The caller comes by IPv4, which the server mediates.
		const call = await sippCall({ scenario: 'answered', callee: username, serverPort: world.kamailio.port })
		expect(call.ok, call.output).toBe(true)
		const outcome = await until(async () => (await world.tenant.client.calls(account.id))[0]?.outcome)
		expect(outcome).toBe('answered')

		await phone.device.handoff('foreground', { registered: true })
		await world.registration(account.id, 'unregistered')
		await world.expectRemoved(username)
		expect(isOneRegistration(await world.answered(username))).toBe(true)
		await phone.close()
	})
})
