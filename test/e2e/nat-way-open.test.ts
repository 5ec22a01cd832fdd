import { createSocket } from 'node:dgram'
import { DEFAULT_ATTRIBUTES } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { buildResponse, parseMessage, serializeMessage } from '@vigil/sip'
import { startScriptedRegistrar, until, VirtualClock } from '@vigil/testkit'
import { afterEach, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'

const closing: (() => unknown)[] = []
const BEHIND_NAT = { ...DEFAULT_ATTRIBUTES, natEmulation: true }

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close()
})

/** A registrar that takes everything and counts what is no SIP: double CRLFs. */
async function pingCounter() {
	const socket = createSocket('udp4')
	closing.push(() => socket.close())
	const seen = { registers: 0, pings: [] as number[] }
	socket.on('message', (bytes, from) => {
		const result = parseMessage(bytes)
		if (bytes.toString('latin1') === '\r\n\r\n') seen.pings.push(from.port)
		if (!result.ok || result.message.kind !== 'request') return
		seen.registers++
		const contact = result.message.headers.get('Contact') ?? ''
		const response = buildResponse(result.message, 200, undefined, { toTag: 'yes', headers: [['Contact', contact]] })
		socket.send(serializeMessage(response), from.port, from.address)
	})
	await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
	return { seen, address: `127.0.0.1:${socket.address().port}` }
}

it('a server that comes back to the source only is pinged, once for all accounts, until the last has gone', async () => {
	const { seen, address } = await pingCounter()
	const ports = new MemoryPorts()
	const accounts = ['one', 'two', 'three'].map((name) => accountOf(name, address, { attributes: BEHIND_NAT }))
	const device = sleepingDevice(
		'phone',
		accounts.map(({ id }) => id),
	)
	ports.devicesById.set(device.id, device)
	for (const account of accounts) ports.accountsById.set(account.id, account)
	const clock = new VirtualClock()
	const worker = await startLoneWorker(ports, clock)
	closing.push(() => worker.close())
	const registered = () => accounts.filter(({ id }) => ports.statuses.get(id)?.state === 'registered').length
	await until(async () => {
		await clock.advance(50)
		return registered() === 3
	})
	await clock.advance(60_000)
	// Every 20 to 25 s.
	await until(() => seen.pings.length >= 2)
	expect(seen.pings.length).toBeLessThanOrEqual(3)
	expect(new Set(seen.pings)).toEqual(new Set([worker.upstreamPort]))
	for (const account of accounts) {
		const attributes = { ...BEHIND_NAT, pushEnabled: false }
		ports.accountsById.set(account.id, { ...account, version: 2, attributes })
		await ports.signals.publish('account.changed', { accountId: account.id })
	}
	await until(async () => {
		await clock.advance(50)
		return accounts.every(({ id }) => ports.statuses.get(id)?.state === 'unregistered')
	})
	const before = seen.pings.length
	await clock.advance(120_000)
	// What was sent would have come before this.
	const probe = createSocket('udp4')
	closing.push(() => probe.close())
	probe.send('\r\n\r\n', Number(address.split(':')[1]), '127.0.0.1')
	await until(() => seen.pings.some((port) => port !== worker.upstreamPort))
	expect(seen.pings.filter((port) => port === worker.upstreamPort)).toHaveLength(before)
})

it('an account leaves by the same of several sockets always, whatever its Call-ID', async () => {
	const names = Array.from({ length: 16 }, (_, index) => `user${index}`)
	const users = Object.fromEntries(names.map((name) => [name, 'correct horse']))
	const registrar = await startScriptedRegistrar({ users, realm: 'pbx.test' })
	closing.push(() => registrar.close())
	const ports = new MemoryPorts()
	for (const name of names) {
		const account = accountOf(name, `${registrar.host}:${registrar.port}`, { attributes: BEHIND_NAT })
		const device = sleepingDevice(name, [account.id])
		ports.accountsById.set(account.id, account)
		ports.devicesById.set(device.id, device)
	}
	// The first REGISTERs are refused as if their CSeq had been used: they come again with another Call-ID.
	registrar.reactNext({ kind: 'refuse', status: 400 }, names.length)
	const clock = new VirtualClock()
	const worker = await startLoneWorker(ports, clock, silentLogger, { upstreamSockets: 4 })
	closing.push(() => worker.close())
	const bound = () => names.every((name) => registrar.bindings(name).length === 1)
	await until(async () => {
		await clock.advance(50)
		return bound()
	})
	for (const name of names) {
		const own = registrar.registers.items.filter(({ user }) => user === name)
		expect(new Set(own.map(({ callId }) => callId)).size).toBe(2)
		expect(new Set(own.map(({ from }) => from.port)).size).toBe(1)
		expect(new Set(own.map(({ contacts }) => contacts[0]?.uri)).size).toBe(1)
	}
	expect(new Set(registrar.registers.items.map(({ from }) => from.port)).size).toBeGreaterThan(1)
})
