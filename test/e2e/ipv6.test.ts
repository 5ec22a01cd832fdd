import { networkInterfaces } from 'node:os'
import type { Account } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { silentLogger } from '@vigil/runtime'
import { buildRequest, parseNameAddr, parseUri, parseVia, type SipResponse } from '@vigil/sip'
import { until, VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime } from '../world/pass-time.ts'
import { PlainRegistrar } from '../world/plain-registrar.ts'

const hasIpv6Loopback = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

describe.skipIf(!hasIpv6Loopback)('a SIP server that is reached by IPv6', () => {
	const clock = new VirtualClock()
	let ports: MemoryPorts
	let six: PlainRegistrar
	let four: PlainRegistrar
	let worker: RegistrationWorker | undefined

	beforeEach(async () => {
		ports = new MemoryPorts()
		six = await PlainRegistrar.start(clock, { host: '::1' })
		four = await PlainRegistrar.start(clock)
		add('sixudp', `[::1]:${six.port}`, 'udp')
		add('sixtcp', `[::1]:${six.port}`, 'tcp')
		add('four', `127.0.0.1:${four.port}`, 'udp')
	})

	afterEach(async () => {
		await closeInTime(clock, worker)
		await six.close()
		await four.close()
	})

	function add(username: string, domain: string, transport: Account['transport']): void {
		const account = accountOf(username, domain, { transport })
		const device = sleepingDevice(username, [account.id])
		ports.accountsById.set(account.id, account)
		ports.devicesById.set(device.id, device)
	}

	it.each(['::1', '::'])('gets REGISTERs from sockets at %s, and calls by their Contacts', async (upstreamHostV6) => {
		worker = await startLoneWorker(ports, clock, silentLogger, { upstreamHostV6 })
		await until(() => six.registers.length >= 2 && four.registers.length >= 1)
		for (const [user, transport] of [
			['sixudp', 'udp'],
			['sixtcp', 'tcp'],
		] as const) {
			const { request, from } = six.registersOf(user)[0] ?? { request: undefined, from: undefined }
			const via = parseVia(request?.headers.get('Via') ?? '')
			const contact = parseUri(parseNameAddr(request?.headers.get('Contact') ?? '')?.uri ?? '')
			if (contact?.scheme !== 'sip' || !via) throw new Error('no Contact or Via')
			expect([via.host, contact.host]).toEqual(['[::1]', '[::1]'])
			expect(request?.uri).toBe(`sip:[::1]:${six.port}`)
			if (transport === 'udp') expect(contact.port).toBe(from?.port)

			const pushes = ports.pushes.length
			const invite = buildRequest({
				method: 'INVITE',
				uri: parseNameAddr(request?.headers.get('Contact') ?? '')?.uri ?? '',
				headers: [
					['Via', `SIP/2.0/${transport.toUpperCase()} [::1]:${six.port};branch=z9hG4bK-${user}`],
					['Max-Forwards', '70'],
					['From', '<sip:bob@[::1]>;tag=bob'],
					['To', `<sip:${user}@[::1]>`],
					['Call-ID', `call-${user}`],
					['CSeq', '1 INVITE'],
					['Contact', `<sip:bob@[::1]:${six.port}>`],
				],
			})
			six.wire.send(invite, { transport, host: '::1', port: contact.port ?? 0 })
			const responses = () => six.others.filter((other): other is SipResponse => other.kind === 'response')
			await until(() => responses().some(({ headers }) => headers.get('Call-ID') === `call-${user}`))
			await until(() => ports.pushes.length > pushes)
		}
		expect(four.registers[0]?.request.headers.get('Contact')).toContain('@127.0.0.1:')
	})

	it('is registered with even where no socket for calls listens on IPv6', async () => {
		worker = await startLoneWorker(ports, clock)
		await until(() => worker?.snapshot().registrations.registered === 3)
		expect(new Set(six.registers.map(({ user }) => user))).toEqual(new Set(['sixudp', 'sixtcp']))
	})
})
