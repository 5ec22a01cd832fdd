import type { Account } from '@vigil/domain'
import { Egress, silentLogger } from '@vigil/runtime'
import { DnsServer, startScriptedRegistrar, until, VirtualClock } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime } from '../world/pass-time.ts'
import { LineService } from './inside/line-service.ts'

const LISTED = '127.0.0.1'
const INSIDE = '127.66.0.1'
const closing: (() => unknown)[] = []

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close()
})

/** A worker with one account at `pbx.test`, a SIP server at the listed address, and a service inside on the same port. */
async function scene(transport: Account['transport'], addresses: readonly string[]) {
	const clock = new VirtualClock()
	const registrar = await startScriptedRegistrar({ users: { alice: 'correct horse' }, realm: 'pbx.test' })
	closing.push(() => registrar.close())
	const inside = await LineService.start(INSIDE, registrar.port)
	closing.push(() => inside.close())
	const dns = await DnsServer.start({ 'pbx.test': { addresses, ttlSeconds: 1 } })
	closing.push(() => dns.close())
	const ports = new MemoryPorts()
	const account = accountOf('alice', `pbx.test:${registrar.port}`, { transport })
	const device = sleepingDevice('phone', [account.id])
	ports.accountsById.set(account.id, account)
	ports.devicesById.set(device.id, device)
	const egress = new Egress(LISTED)
	const worker = await startLoneWorker(ports, clock, silentLogger, { dnsServers: [dns.address] }, 1, egress)
	closing.push(() => closeInTime(clock, worker))
	const passing = (condition: () => boolean) =>
		until(async () => {
			await clock.advance(1000)
			return condition()
		})
	return { inside, dns, egress, passing, state: () => ports.statuses.get(account.id)?.state }
}

describe.each(['udp', 'tcp'] as const)('a name, over %s,', (transport) => {
	it('that has an address inside leads nowhere', async () => {
		const { inside, egress, passing, state } = await scene(transport, [INSIDE])
		await passing(() => egress.refusals().some(({ count }) => count >= 2))
		expect([state() === 'registered', inside.connections]).toEqual([false, 0])
	})

	it('that has other addresses as well leads to those alone', async () => {
		const { inside, passing, state } = await scene(transport, [INSIDE, LISTED])
		await passing(() => state() === 'registered')
		expect(inside.connections).toBe(0)
	})

	it('that moves inside after it was good is not followed there', async () => {
		const { inside, dns, egress, passing, state } = await scene(transport, [LISTED])
		await passing(() => state() === 'registered')
		dns.set('pbx.test', { addresses: [INSIDE], ttlSeconds: 1 })
		await passing(() => egress.refusals().length > 0)
		expect(egress.refusals()).toMatchObject([{ namedBy: 'account', reason: 'loopback' }])
		expect(inside.connections).toBe(0)
	})
})
