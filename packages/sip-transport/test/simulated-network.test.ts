import { silentLogger } from '@vigil/runtime'
import { buildResponse } from '@vigil/sip'
import { SeededRandom, SimulatedNetwork, VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { type Flow, TransportManager } from '../src/index.ts'
import { request } from './messages.ts'
import { User } from './user.ts'

const HERE = { host: '192.0.2.1', port: 5060 }
const THERE = { host: '192.0.2.2', port: 5060 }

function simulate(seed: number, loss = 0) {
	const clock = new VirtualClock()
	const random = new SeededRandom(seed)
	const lines: string[] = []
	const network = new SimulatedNetwork({
		clock,
		random,
		behaviour: { loss, minDelayMs: 5, maxDelayMs: 25 },
		onArrived: ({ from, to, bytes, atMs }) =>
			lines.push([atMs, from, to, Buffer.from(bytes).toString('latin1')].join(' ')),
	})
	const machine = (address: string) => {
		const host = network.host(address)
		const sources = { network: host, random: () => random.next(), unguessable: () => random.id() }
		return { host, manager: new TransportManager({ clock, logger: silentLogger, ...sources }) }
	}
	return { clock, network, lines, here: machine(HERE.host), there: machine(THERE.host) }
}

type Simulation = ReturnType<typeof simulate>

async function connected({ clock, here, there }: Simulation): Promise<Flow> {
	await there.manager.listen({ transport: 'tcp', ...THERE })
	const flow = here.manager.connect({ transport: 'tcp', ...THERE })
	await clock.advance(20_000)
	return flow
}

describe('SimulatedNetwork', () => {
	it('plays the same for the same seed, with loss, and otherwise for another', async () => {
		const play = async (seed: number) => {
			const { clock, lines, here, there } = simulate(seed, 0.3)
			await there.manager.listen({ transport: 'udp', ...THERE })
			await here.manager.listen({ transport: 'udp', ...HERE })
			const alice = new User('alice', here.manager, clock)
			const bob = new User('bob', there.manager, clock)
			bob.respond = (transaction) => transaction.respond(buildResponse(transaction.request, 200, 'OK', { toTag: 'b1' }))
			const flow = await here.manager.connect({ transport: 'udp', ...THERE })
			const outcomes = Array.from({ length: 20 }, (_, at) => alice.send(request('OPTIONS', { callId: `c${at}` }), flow))
			await clock.advance(37_000)
			expect(outcomes.every(({ settled }) => settled)).toBe(true)
			return lines.join('\n')
		}
		const first = await play(7)
		expect(first).not.toBe('')
		expect(await play(7)).toBe(first)
		expect(await play(8)).not.toBe(first)
	})

	it('keeps the order of what one connection carries, however long pieces take', async () => {
		const simulation = simulate(3, 0.3)
		const flow = await connected(simulation)
		const bob = new User('bob', simulation.there.manager, simulation.clock)
		const alice = new User('alice', simulation.here.manager, simulation.clock)
		for (let at = 0; at < 50; at++) alice.send(request('INFO', { callId: `c${at}` }), flow)
		await simulation.clock.advance(60_000)
		expect(bob.transactions.map((transaction) => transaction.request.headers.get('Call-ID'))).toEqual(
			Array.from({ length: 50 }, (_, at) => `c${at}`),
		)
	})

	it('refuses where nobody listens, as a closed port does', async () => {
		const { clock, here } = simulate(1)
		const attempt = expect(here.manager.connect({ transport: 'tcp', ...THERE })).rejects.toMatchObject({
			code: 'refused',
		})
		await clock.advance(1000)
		await attempt
	})

	it('tells the other side when a process has crashed, and nothing after', async () => {
		const simulation = simulate(1)
		const { clock, here, there } = simulation
		const flow = await connected(simulation)
		const ends: string[] = []
		flow.onClose((reason) => ends.push(reason))
		there.manager.onFlowClosed(() => ends.push('heard by the dead'))
		there.host.crash()
		await clock.advance(1000)
		expect(ends).toEqual(['error'])
		const again = expect(here.manager.connect({ transport: 'tcp', ...THERE })).rejects.toMatchObject({
			code: 'refused',
		})
		await clock.advance(1000)
		await again
	})

	it('cuts connections of machines that live on', async () => {
		const simulation = simulate(1)
		const { clock, here, there } = simulation
		const flow = await connected(simulation)
		const ends: string[] = []
		flow.onClose((reason) => ends.push(reason))
		there.manager.onFlowClosed(() => ends.push('there'))
		there.host.cutConnections()
		await clock.advance(1000)
		expect(ends.toSorted()).toEqual(['error', 'there'])
		const again = here.manager.connect({ transport: 'tcp', ...THERE })
		await clock.advance(1000)
		expect((await again).closed).toBe(false)
	})

	it('takes a port once, on its own address alone', async () => {
		const { clock, there } = simulate(1)
		const listen = (transport: 'udp' | 'tcp', host = THERE.host) =>
			there.manager.listen({ transport, host, port: 5060 })
		await Promise.all([listen('udp'), listen('tcp')])
		await expect(listen('udp')).rejects.toMatchObject({ code: 'address-in-use' })
		await expect(listen('tcp')).rejects.toMatchObject({ code: 'address-in-use' })
		await expect(listen('udp', HERE.host)).rejects.toMatchObject({ code: 'address-not-available' })
		await Promise.all([there.manager.close(), clock.advance(5000)])
		await Promise.all(
			[listen('udp'), listen('tcp')].map((opening) =>
				expect(opening).rejects.toMatchObject({ code: 'manager-closed' }),
			),
		)
	})
})
