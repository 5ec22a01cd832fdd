import { silentLogger } from '@vigil/runtime'
import { LossyNetwork, SeededRandom, SimulatedNetwork, until, VirtualClock } from '@vigil/testkit'
import { type Flow, TransportManager } from '../src/index.ts'
import { MemoryChannel } from '../src/testing/index.ts'
import { User } from './user.ts'

/** Two endpoints and a way from one to the other. */
export interface World {
	readonly alice: User
	readonly bob: User
	/** From Alice to Bob. */
	readonly flow: Flow
	/** Waits until messages on their way have made the condition true. */
	wait(condition: () => unknown): Promise<void>
	/** Lets the longest timers of a transaction run out. */
	expire(): Promise<void>
	close(): Promise<void>
}

const ALICE = { host: '192.0.2.1', port: 5060 }
const BOB = { host: '192.0.2.2', port: 5060 }

/** 64*T1, and T4 on top. */
const EXPIRY_MS = 32_000 + 5000

/** No sockets, no real time. */
export async function memoryWorld(transport: 'udp' | 'tcp'): Promise<World> {
	const clock = new VirtualClock()
	const network = new LossyNetwork({ clock, random: new SeededRandom(1), behaviour: { minDelayMs: 5, maxDelayMs: 5 } })
	const channels = [ALICE, BOB].map((address) => new MemoryChannel({ network, address, transport }))
	const [near, far] = channels as [MemoryChannel, MemoryChannel]
	const alice = new User('alice', near, clock)
	const bob = new User('bob', far, clock)
	return {
		alice,
		bob,
		flow: near.flowTo(BOB),
		async wait(condition) {
			while (!condition()) {
				if (!(await clock.advanceToNextTimer())) throw new Error(`nothing pending, and not true: ${condition}`)
			}
		},
		expire: () => clock.advance(EXPIRY_MS),
		async close() {
			await Promise.all([alice.endpoint.close(), bob.endpoint.close()])
			for (const channel of channels) channel.close()
		},
	}
}

/** Real sockets on the loopback, but no real time: nothing times out because the machine is busy. */
export async function socketWorld(transport: 'udp' | 'tcp'): Promise<World> {
	const clock = new VirtualClock()
	const options = { clock, logger: silentLogger, keepAlive: false } as const
	const near = new TransportManager(options)
	const far = new TransportManager(options)
	const listener = await far.listen({ transport, host: '127.0.0.1', port: 0 })
	if (transport === 'udp') await near.listen({ transport, host: '127.0.0.1', port: 0 })
	const alice = new User('alice', near, clock)
	const bob = new User('bob', far, clock)
	return {
		alice,
		bob,
		flow: await near.connect({ transport, host: '127.0.0.1', port: listener.port }),
		wait: async (condition) => void (await until(() => Boolean(condition()), { what: condition.toString() })),
		expire: () => clock.advance(EXPIRY_MS),
		async close() {
			await Promise.all([alice.endpoint.close(), bob.endpoint.close()])
			await Promise.all([near.close(), far.close()])
		},
	}
}

/** The sockets' own code on a simulated network: no real sockets, no real time. */
export async function simulatedWorld(transport: 'udp' | 'tcp'): Promise<World> {
	const clock = new VirtualClock()
	const random = new SeededRandom(1)
	const network = new SimulatedNetwork({ clock, random, behaviour: { minDelayMs: 5, maxDelayMs: 5 } })
	const options = { clock, logger: silentLogger, keepAlive: false, random: () => random.next() } as const
	const near = new TransportManager({ ...options, network: network.host(ALICE.host), unguessable: () => random.id() })
	const far = new TransportManager({ ...options, network: network.host(BOB.host), unguessable: () => random.id() })
	const listener = await far.listen({ transport, ...BOB })
	if (transport === 'udp') await near.listen({ transport, ...ALICE })
	const alice = new User('alice', near, clock)
	const bob = new User('bob', far, clock)
	const wait = async (condition: () => unknown) => {
		while (!condition()) {
			if (!(await clock.advanceToNextTimer())) throw new Error(`nothing pending, and not true: ${condition}`)
		}
	}
	const within = async <Result>(promise: Promise<Result>) => {
		let done = false
		void promise.finally(() => {
			done = true
		})
		await clock.advance(0)
		await wait(() => done)
		return promise
	}
	return {
		alice,
		bob,
		flow: await within(near.connect({ transport, host: BOB.host, port: listener.port })),
		wait,
		expire: () => clock.advance(EXPIRY_MS),
		async close() {
			await Promise.all([alice.endpoint.close(), bob.endpoint.close()])
			await within(Promise.all([near.close(), far.close()]))
		},
	}
}
