import { type AccountId, DEFAULT_ATTRIBUTES, type DeviceId, Secret, type TenantId } from '@vigil/domain'
import type { PushDispatcher } from '@vigil/push-dispatcher'
import { MemoryHub } from '@vigil/queue'
import type { RegistrationWorker } from '@vigil/registration-worker'
import type { SipEdge } from '@vigil/sip-edge'
import { type SeededRandom, SimulatedNetwork, VirtualClock, type WireEvent } from '@vigil/testkit'
import { StrictLogger } from '../../fuzz/scenes/strict-logger.ts'
import { MemoryStores } from '../../stores/memory/memory-stores.ts'
import type { Defect } from './defect.ts'
import type { PlacedCall } from './outgoing-invite.ts'
import { Phone } from './phone.ts'
import { SimulatedProcess } from './process.ts'
import { PushProvider } from './push-provider.ts'
import type { Happening, Scenario, WorldSize } from './scenario.ts'
import { seededSource } from './seeded-source.ts'
import { type Shared, startDispatcher, startEdge, startWorker } from './services.ts'
import { SipServer } from './sip-server.ts'

const PASSWORD = 'correct horse battery staple'

/** What the world tells whoever judges it. */
export interface WorldWatch {
	onSent(event: WireEvent): void
	onArrived(event: WireEvent): void
	onAttached(phone: number, atMs: number): void
	onEnded(phone: number, atMs: number): void
	onRang(phone: number, callId: string, atMs: number): void
	onCrash(address: string, atMs: number): void
}

/** A line: an account at the SIP server of its tenant, and the one phone that serves it. */
export interface Line {
	readonly user: string
	readonly accountId: AccountId
	readonly deviceId: DeviceId
	readonly server: number
	readonly phone: Phone
}

interface Running<Service> {
	process: SimulatedProcess
	/** Undefined while it is down or starts. */
	service: Service | undefined
}

/** Real workers, edges and a dispatcher, with phones, SIP servers and a push provider around them, on one virtual clock. */
export class World {
	readonly clock = new VirtualClock()
	readonly logger = new StrictLogger()
	readonly network: SimulatedNetwork
	readonly stores: MemoryStores
	readonly lines: Line[] = []
	readonly calls: PlacedCall[] = []
	readonly workers: Running<RegistrationWorker>[] = []
	readonly edges: Running<SipEdge>[] = []
	readonly servers: SipServer[] = []
	readonly pushes: PushProvider
	readonly tenants: TenantId[] = []
	/** Failures of what was begun in the background. */
	readonly failures: unknown[] = []
	readonly #random: SeededRandom
	readonly #shared: Shared
	readonly #watch: WorldWatch
	readonly #dispatching: SimulatedProcess
	#dispatcher: PushDispatcher | undefined
	#phoneAddresses = 0

	constructor(random: SeededRandom, size: WorldSize, watch: WorldWatch, defect?: Defect) {
		this.#random = random
		this.#watch = watch
		this.network = new SimulatedNetwork({
			clock: this.clock,
			random: random.fork(),
			behaviour: {
				loss: size.loss,
				duplication: 0.02,
				reorder: 0.05,
				reorderDelayMs: 80,
				minDelayMs: 5,
				maxDelayMs: 60,
			},
			onSent: (event) => watch.onSent(event),
			onArrived: (event) => watch.onArrived(event),
		})
		this.stores = new MemoryStores(this.clock, seededSource(random.fork()))
		this.#shared = { stores: this.stores, hub: new MemoryHub(this.clock), logger: this.logger, defect }
		this.#dispatching = this.#process('10.1.2.10')
		this.pushes = new PushProvider(this.#process('10.4.0.10'), (deviceId) => {
			this.lines.find((line) => line.deviceId === deviceId)?.phone.push()
		})
	}

	/** Everything that is there before time passes. */
	async open(scenario: Scenario, { workers, edges }: WorldSize): Promise<void> {
		for (let at = 0; at < workers; at++) await this.#openTenant(at)
		await this.#openLines(scenario, edges)
		this.#dispatcher = await this.#begun(startDispatcher(this.#dispatching, this.#shared, this.pushes))
		for (let at = 0; at < workers; at++) {
			this.workers.push({ process: this.#process(`10.1.0.${10 + at}`), service: undefined })
			this.#startWorker(at)
		}
		for (let at = 0; at < edges; at++) {
			this.edges.push({ process: this.#process(edgeAddress(at)), service: undefined })
			this.#startEdge(at)
		}
	}

	happen(happening: Happening): void {
		switch (happening.kind) {
			case 'call':
				this.#call(happening)
				return
			case 'worker-crash':
				this.#crash(this.workers[happening.at], happening.downMs, () => this.#startWorker(happening.at))
				return
			case 'edge-crash':
				this.#crash(this.edges[happening.at], happening.downMs, () => this.#startEdge(happening.at))
				return
			case 'server-forgets':
				this.servers[happening.at]?.forget()
				return
			case 'phone-killed':
				this.lines[happening.phone]?.phone.kill()
		}
	}

	/** Ends every service in order, as `SIGTERM` does; the processes that then still have timers. */
	async close(): Promise<readonly string[]> {
		const closing = Promise.all([
			...this.workers.map(({ service }) => service?.close()),
			...this.edges.map(({ service }) => service?.close()),
			this.#dispatcher?.close(),
		])
		await this.#begun(closing)
		const processes = [...this.workers, ...this.edges].map(({ process }) => process)
		return [...processes, this.#dispatching]
			.filter(({ pendingTimers }) => pendingTimers > 0)
			.map(({ address, pendingTimers }) => `${address} has ${pendingTimers} timers left`)
	}

	async #openTenant(at: number): Promise<void> {
		this.tenants.push((await this.stores.tenants.create(`tenant ${at}`)).id)
		const server = new SipServer(this.#process(serverAddress(at)), PASSWORD, {
			registered: () => {},
			bound: () => {},
		})
		this.servers.push(server)
		await server.open()
	}

	async #openLines({ habits }: Scenario, edges: number): Promise<void> {
		const { accounts, devices, pushApps } = this.stores
		const settings = { provider: 'fcm', projectId: 'sim' } as const
		const apps = await Promise.all(
			this.tenants.map((tenantId) => pushApps.create(tenantId, 'app', settings, new Secret('{}'))),
		)
		for (const [at, habit] of habits.entries()) {
			const server = at % this.tenants.length
			const tenantId = this.tenants[server] as TenantId
			const user = `user${at}`
			const account = await accounts.create({
				tenantId,
				username: user,
				domain: serverAddress(server),
				transport: 'udp',
				password: new Secret(PASSWORD),
				attributes: DEFAULT_ATTRIBUTES,
				contactToken: `token${at}`,
			})
			const password = this.#random.id(24)
			const { device } = await devices.create({
				tenantId,
				platform: 'android',
				instanceId: `urn:uuid:${this.#random.uuid()}`,
				tokenDigest: this.#random.id(64),
				sipSecret: new Secret(password),
				pushTokens: [{ pushAppId: apps[server]?.id as never, kind: 'fcm', token: `fcm-${at}` }],
				lines: [account.id],
			})
			await devices.setActivity(tenantId, device.id, { activity: 'background', registeredUpstream: false })
			const order = this.#random.shuffle(Array.from({ length: edges }, (_, edge) => edgeAddress(edge)))
			const phone = new Phone(
				{ deviceId: device.id, password, habits: habit, edges: order, start: () => this.#phoneProcess() },
				{
					attached: () => this.#watch.onAttached(at, this.clock.now()),
					ended: () => this.#watch.onEnded(at, this.clock.now()),
					rang: (_phone, callId) => this.#watch.onRang(at, callId, this.clock.now()),
				},
			)
			this.lines.push({ user, accountId: account.id, deviceId: device.id, server, phone })
		}
	}

	#call({ phone, cancelAfterMs, talkMs }: Extract<Happening, { kind: 'call' }>): void {
		const line = this.lines[phone]
		const server = line && this.servers[line.server]
		const [binding] = server?.bindingsOf(line?.user ?? '') ?? []
		if (!line || !server || !binding) return
		this.#background(server.call(binding.name, line.user, cancelAfterMs, talkMs).then((call) => this.calls.push(call)))
	}

	#crash<Service>(running: Running<Service> | undefined, downMs: number, start: () => void): void {
		if (!running?.service) return
		const { address } = running.process
		this.#watch.onCrash(address, this.clock.now())
		running.process.kill()
		running.service = undefined
		this.clock.setTimer(downMs, () => {
			running.process = this.#process(address)
			start()
		})
	}

	#startWorker(at: number): void {
		const running = this.workers[at]
		const tenantId = this.tenants[at]
		if (!running || !tenantId) return
		const starting = startWorker(running.process, this.#shared, tenantId)
		this.#background(
			starting.then((service) => {
				if (!running.process.ended) running.service = service
			}),
		)
	}

	#startEdge(at: number): void {
		const running = this.edges[at]
		if (!running) return
		const callWorker = () => this.workers[0]?.service?.internalHostPort
		this.#background(
			startEdge(running.process, this.#shared, callWorker).then((service) => {
				if (!running.process.ended) running.service = service
			}),
		)
	}

	#process(address: string): SimulatedProcess {
		return new SimulatedProcess(this.network, this.clock, this.#random.fork(), address)
	}

	/** Phones come by a new address each time, as mobile networks give them. */
	#phoneProcess(): SimulatedProcess {
		const number = ++this.#phoneAddresses
		return this.#process(`10.3.${number >> 8}.${number & 255}`)
	}

	#background(work: Promise<unknown>): void {
		work.catch((error) => this.failures.push(error))
	}

	/** What comes of it, while time passes. */
	async #begun<Result>(work: Promise<Result>): Promise<Result> {
		let isDone = false
		const done = work.finally(() => {
			isDone = true
		})
		done.catch(() => {})
		for (let step = 0; step < 1000 && !isDone; step++) await this.clock.advance(100)
		if (!isDone) throw new Error('what was begun does not come to an end')
		return done
	}
}

function serverAddress(at: number): string {
	return `10.2.0.${10 + at}`
}

function edgeAddress(at: number): string {
	return `10.1.1.${10 + at}`
}
