import { LossyNetwork, type NetworkBehaviour, SeededRandom, VirtualClock } from '@vigil/testkit'
import type { SipEndpointOptions } from '../src/index.ts'
import { MemoryChannel } from '../src/testing/index.ts'
import { User } from './user.ts'

export const ALICE = { host: '192.0.2.1', port: 5060 }
export const BOB = { host: '192.0.2.2', port: 5060 }

export interface SimulationOptions {
	readonly transport?: 'udp' | 'tcp'
	readonly behaviour?: Partial<NetworkBehaviour>
	readonly seed?: number
	readonly bob?: Partial<SipEndpointOptions>
}

/** Alice and Bob on a simulated network and a virtual clock; `wire` is every datagram that was sent, first lines only. */
export function simulate({ transport = 'udp', behaviour = {}, seed = 1, bob: change = {} }: SimulationOptions = {}) {
	const clock = new VirtualClock()
	const network = new LossyNetwork({ clock, random: new SeededRandom(seed), behaviour })
	const wire: string[] = []
	const recorded = {
		attach(name: string, receive: (bytes: Uint8Array, from: string) => void) {
			const place = network.attach(name, receive)
			const send = (to: string, bytes: Uint8Array) => {
				wire.push(Buffer.from(bytes).toString('latin1').split('\r\n', 1)[0] ?? '')
				place.send(to, bytes)
			}
			return { send, detach: place.detach }
		},
	}
	const near = new MemoryChannel({ network: recorded, address: ALICE, transport })
	const far = new MemoryChannel({ network: recorded, address: BOB, transport })
	const alice = new User('alice', near, clock)
	const bob = new User('bob', far, clock, change)
	return { clock, network, wire, near, far, alice, bob, flow: near.flowTo(BOB) }
}
