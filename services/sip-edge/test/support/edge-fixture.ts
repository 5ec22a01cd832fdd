import { randomUUID } from 'node:crypto'
import type { SignalPayload } from '@vigil/contracts'
import type { DeviceId } from '@vigil/domain'
import { type Clock, Egress, realClock, silentLogger } from '@vigil/runtime'
import type { TransportName } from '@vigil/sip-transport'
import { testAuthority, until } from '@vigil/testkit'
import { type EdgeAddress, type SipEdge, type SipEdgeConfig, startSipEdge } from '../../src/index.ts'
import { MemoryBindings, MemoryDevices, MemoryPresence, MemorySignals, type Signal } from './memory-stores.ts'
import { type Reach, ScriptedWorker } from './scripted-worker.ts'
import { DOMAIN, SipDevice } from './sip-device.ts'

export const PASSWORD = 'correct horse battery staple'

/** An edge on real sockets with everything around it in memory. `close` ends it and every peer made here. */
export class EdgeFixture {
	readonly devices = new MemoryDevices()
	readonly bindings = new MemoryBindings()
	readonly signals = new MemorySignals()
	readonly presence = new MemoryPresence()
	readonly clock: Clock
	/** `host:port` of the worker that takes the devices' calls. */
	callWorker: string | undefined
	#edge: SipEdge | undefined
	readonly #closers: (() => Promise<void>)[] = []

	constructor(clock: Clock = realClock) {
		this.clock = clock
	}

	get edge(): SipEdge {
		if (!this.#edge) throw new Error('not started')
		return this.#edge
	}

	async start(overrides: Partial<SipEdgeConfig> = {}): Promise<this> {
		const authority = await testAuthority()
		const tls = await authority.issue(['localhost', '127.0.0.1'])
		const host = '127.0.0.1'
		this.#edge = await startSipEdge(
			{
				devices: this.devices,
				bindings: this.bindings,
				foregroundLeases: this.presence,
				contacts: this.presence,
				signals: this.signals,
				egress: new Egress('127.0.0.0/8,::1'),
				clock: this.clock,
				logger: silentLogger,
				randomId: randomUUID,
				secretKey: Buffer.alloc(32, 5),
				callWorker: () => this.callWorker,
			},
			{
				realm: 'vigil.example',
				domain: DOMAIN,
				publicListeners: [
					{ transport: 'ws', host, port: 0 },
					{ transport: 'tcp', host, port: 0 },
					{ transport: 'udp', host, port: 0 },
					{ transport: 'tls', host, port: 0, tls },
					{ transport: 'wss', host, port: 0, tls },
				],
				internalListener: { host, port: 0, transports: ['tcp', 'udp'] },
				...overrides,
			},
		)
		return this
	}

	publicAddress(transport: TransportName): EdgeAddress {
		return addressOf(this.edge.addresses.public, transport)
	}

	/** A device with a password at the edge, not connected yet. */
	async device(transport: TransportName = 'ws', deviceId: string = randomUUID()): Promise<SipDevice> {
		this.devices.passwords.set(deviceId, PASSWORD)
		const { cert } = await testAuthority()
		const device = new SipDevice(
			deviceId,
			this.publicAddress(transport),
			transport === 'tls' || transport === 'wss' ? cert : undefined,
		)
		this.#closers.push(() => device.close())
		return device
	}

	/** A device that is attached. */
	async attached(transport: TransportName = 'ws'): Promise<{ device: SipDevice; reach: Reach }> {
		const device = await this.device(transport)
		const response = await device.register({ password: PASSWORD })
		if (response.status !== 200) throw new Error(`REGISTER was answered by ${response.status}`)
		return { device, reach: await this.reachOf(device.deviceId) }
	}

	/** Where the device is, as the last signal says. */
	async reachOf(deviceId: string): Promise<Reach> {
		const { payload } = await this.signals.published.waitFor((signal) => isAttach(signal, deviceId))
		const last = this.signals.published.items.findLast((signal) => isAttach(signal, deviceId))
		return (last?.payload ?? payload) as SignalPayload<'device.attached'>
	}

	async worker(transport: 'tcp' | 'udp' = 'tcp'): Promise<ScriptedWorker> {
		const worker = new ScriptedWorker(addressOf(this.edge.addresses.internal, transport))
		this.#closers.push(() => worker.close())
		await worker.start()
		return worker
	}

	/** Waits until the edge has noticed that the device is gone. */
	async untilDetached(deviceId: string): Promise<void> {
		await this.signals.published.waitFor(
			({ topic, payload }) => topic === 'device.detached' && payload.deviceId === deviceId,
		)
	}

	/** Waits until the store has it. */
	untilStored(deviceId: string) {
		return until(() => this.bindings.rows.get(deviceId as DeviceId), { what: 'a stored binding' })
	}

	onClose(close: () => Promise<void>): void {
		this.#closers.push(close)
	}

	async close(): Promise<void> {
		await Promise.all(this.#closers.map((close) => close()))
		await this.#edge?.close()
	}
}

function isAttach({ topic, payload }: Signal, deviceId: string): boolean {
	return topic === 'device.attached' && payload.deviceId === deviceId
}

function addressOf(addresses: readonly EdgeAddress[], transport: TransportName): EdgeAddress {
	const address = addresses.find((candidate) => candidate.transport === transport)
	if (!address) throw new Error(`no ${transport} socket`)
	return address
}
