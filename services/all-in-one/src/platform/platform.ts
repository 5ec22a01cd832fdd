import { resolve } from 'node:path'
import { type ControlApi, startControlApi, watchProbes, watchRegistrations } from '@vigil/control-api'
import { probeWrite } from '@vigil/postgres'
import { type PushDispatcher, startPushDispatcher } from '@vigil/push-dispatcher'
import { PushSenderPool } from '@vigil/push-providers'
import { createQueueBackend, type QueueBackend } from '@vigil/queue'
import {
	CALLS_DRAIN_MS,
	LoadMeter,
	pacingOf,
	type RegistrationWorker,
	startRegistrationWorker,
	WORKER_TIMES,
	workerLimits,
} from '@vigil/registration-worker'
import {
	type Clock,
	createMetrics,
	Egress,
	type EndpointAddress,
	GuardedNames,
	HealthRegistry,
	Lifecycle,
	type Logger,
	type OperationsServer,
	probedCheck,
	startOperationsServer,
	systemRandom,
} from '@vigil/runtime'
import { addEdgeMetrics, type SipEdge, startSipEdge } from '@vigil/sip-edge'
import { apiLimits, tenantLimits } from '../door-settings.ts'
import type { Settings } from '../settings.ts'
import { StateLock } from '../state/state-lock.ts'
import type { Certificate, CertificateWatch } from './certificate-watch.ts'
import { stopAll, watchCertificates } from './certificates.ts'
import { closeAbandonedCalls, type OpenDatabase, openDatabase } from './database-step.ts'
import { edgeConfig, edgeUrls, REALM } from './edge-config.ts'
import { addEgressMetrics } from './egress-metrics.ts'
import { guardListeners } from './guarded-listeners.ts'
import { type PlatformAddresses, portsByName } from './platform-addresses.ts'
import { randomId, randomText } from './random-text.ts'
import { readSettingFiles, type SettingFiles } from './setting-files.ts'
import { addLoadMetrics, addWorkerMetrics } from './worker-metrics.ts'

const LOOPBACK = '127.0.0.1'
const PUSH_CONCURRENCY = 64

/** Every service in one process. Parts start in the order in which they need each other, and stop the other way round. */
export class Platform {
	readonly lifecycle: Lifecycle
	readonly health: HealthRegistry
	/** Where tenants, SIP servers and callers may lead the service. */
	readonly egress: Egress
	readonly #settings: Settings
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #metrics = createMetrics({ processMetrics: true })
	#lock: StateLock | undefined
	#files: SettingFiles = {}
	#certificates: CertificateWatch[] = []
	#load: LoadMeter | undefined
	#names: GuardedNames | undefined
	#database: OpenDatabase | undefined
	#queue: QueueBackend | undefined
	#dispatcher: PushDispatcher | undefined
	#edge: SipEdge | undefined
	#worker: RegistrationWorker | undefined
	#api: ControlApi | undefined
	#operations: OperationsServer | undefined
	readonly #removeStarting: () => void

	constructor(settings: Settings, clock: Clock, logger: Logger) {
		this.#settings = settings
		this.#clock = clock
		this.#logger = logger
		this.health = new HealthRegistry(clock)
		this.egress = new Egress(settings.egress, logger.child({ part: 'egress' }))
		addEgressMetrics(this.#metrics, this.egress)
		this.#removeStarting = this.health.addCritical('start', () => ({ ok: false, detail: 'the process is starting' }))
		this.lifecycle = new Lifecycle({ clock, logger })
			.add({ name: 'state folder', start: () => this.#lockState(), stop: () => this.#lock?.release() })
			.add({ name: 'settings', start: () => this.#readFiles() })
			.add({ name: 'load meter', start: () => this.#startLoadMeter(), stop: () => this.#load?.stop() })
			.add({
				name: 'operations port',
				start: () => this.#startOperations(),
				stop: () => this.#operations?.close(),
			})
			.add({
				name: 'database',
				start: (stopping) => this.#startDatabase(stopping),
				stop: () => this.#database?.close(),
			})
			.add({ name: 'egress', start: () => this.#guardNames(), stop: () => this.#names?.close() })
			.add({ name: 'queue', start: () => this.#startQueue(), stop: () => this.#queue?.close() })
			.add(this.#pushStep())
			.add({ name: 'edge', start: () => this.#startEdge(), stop: () => this.#edge?.close() })
			.add(this.#workerStep())
			.add(this.#apiStep())
			.add({ name: 'certificates', start: () => this.#watchCertificates(), stop: () => stopAll(this.#certificates) })
			.add({ name: 'drain', start: () => this.#running(), stop: () => this.health.drain() })
	}

	/** Known once the platform runs. */
	get addresses(): PlatformAddresses {
		return {
			api: required(this.#api, 'control API').url,
			operations: required(this.#operations, 'operations port').url,
			edge: this.#edgeUrls(),
			upstreamPort: required(this.#worker, 'registration worker').upstreamPort,
			adminToken: this.#adminToken,
			adminTokenPlace: this.#adminTokenPlace,
		}
	}

	/** For those who play a part in the process, like the demo: what is beneath the services. */
	get parts(): {
		readonly database: OpenDatabase['database']
		readonly stores: OpenDatabase['stores']
		readonly worker: RegistrationWorker
		readonly edge: SipEdge
	} {
		return {
			database: required(this.#database, 'database').database,
			stores: required(this.#database, 'database').stores,
			worker: required(this.#worker, 'registration worker'),
			edge: required(this.#edge, 'edge'),
		}
	}

	get #adminToken(): string {
		return this.#settings.adminToken ?? required(this.#database, 'database').keys.adminToken
	}

	get #adminTokenPlace(): string | undefined {
		if (this.#settings.adminToken !== undefined) return 'the setting VIGIL_ADMIN_TOKEN'
		const { keysFile, keysAreNew } = required(this.#database, 'database')
		return keysAreNew ? undefined : keysFile
	}

	/** Before anything else: a second process on the folder stops here, and has touched nothing of the first. */
	#lockState(): void {
		this.#lock = StateLock.take(resolve(this.#settings.stateDir), 'Vigil', this.#clock.wall())
	}

	#running(): void {
		this.#lock?.tellPorts(portsByName(this.addresses))
		this.#removeStarting()
	}

	#watchCertificates(): void {
		const uses = {
			tls: (renewed: Certificate) => this.#edge?.setTls(renewed),
			apiTls: (renewed: Certificate) => this.#api?.setTls(renewed),
		}
		const common = { clock: this.#clock, logger: this.#logger }
		this.#certificates = watchCertificates(this.#settings, this.#files, uses, common)
	}

	async #readFiles(): Promise<void> {
		this.#files = await readSettingFiles(this.#settings)
	}

	#startLoadMeter(): void {
		const load = new LoadMeter(this.#clock, this.#settings)
		this.#load = load
		addLoadMetrics(this.#metrics, load)
	}

	async #startOperations(): Promise<void> {
		const operations = await startOperationsServer({
			host: this.#settings.operationsHost,
			port: this.#settings.operationsPort,
			health: this.health,
			metrics: this.#metrics,
		})
		this.#operations = operations
		this.egress.ownListener({ host: operations.host, port: operations.port })
	}

	async #startDatabase(stopping: AbortSignal): Promise<void> {
		const opened = await openDatabase(this.#settings, this.#logger, stopping)
		this.#database = opened
		this.health.addCritical('database', probedCheck({ clock: this.#clock, probe: () => probeWrite(opened.database) }))
	}

	/** The stores of the service are no SIP servers, by whatever name. */
	async #guardNames(): Promise<void> {
		const urls = [required(this.#database, 'database').url, this.#settings.redisUrl ?? []].flat()
		this.#names = new GuardedNames(this.egress, this.#clock, urls)
		await this.#names.start()
	}

	#guardListeners(listeners: readonly EndpointAddress[]): Promise<void> {
		return guardListeners(this.egress, this.#names, this.#settings.advertisedHost, listeners)
	}

	async #startQueue(): Promise<void> {
		const logger = this.#logger.child({ part: 'queue' })
		const { redisUrl } = this.#settings
		const databaseUrl = required(this.#database, 'database').url
		const queue = await createQueueBackend(redisUrl === undefined ? { databaseUrl, logger } : { redisUrl, logger })
		this.#queue = queue
		const probe = async () => {
			const health = await queue.health()
			if (!health.ok) throw new Error(health.reason)
		}
		this.health.addCritical('queue', probedCheck({ clock: this.#clock, probe }))
	}

	#pushStep() {
		const logger = this.#logger.child({ part: 'push' })
		const sender = new PushSenderPool({ clock: this.#clock, logger, egress: this.egress })
		return {
			name: 'push dispatcher',
			start: async () => {
				const { stores } = required(this.#database, 'database')
				const queue = required(this.#queue, 'queue')
				this.#dispatcher = await startPushDispatcher(
					{
						consume: (handler) => queue.consumer('push', handler, { concurrency: PUSH_CONCURRENCY }),
						signals: queue.signals,
						devices: stores.devices,
						knownDevice: (id) => this.#worker?.device(id),
						pushLimits: (id) => this.#worker?.pushLimits(id),
						pushApps: stores.pushApps,
						calls: stores.calls,
						sender,
						clock: this.#clock,
						logger,
						metrics: this.#metrics,
					},
					{ rates: this.#settings },
				)
			},
			stop: async () => {
				await this.#dispatcher?.close()
				await sender.close()
			},
		}
	}

	async #startEdge(): Promise<void> {
		const { stores, keys } = required(this.#database, 'database')
		const edge = await startSipEdge(
			{
				devices: stores.devices,
				keptCredential: (id) => {
					const kept = this.#worker?.keptCredential(id)
					return kept && stores.devices.openKept(id, kept)
				},
				bindings: stores.bindings,
				foregroundLeases: stores.foregroundLeases,
				contacts: stores.credentials,
				signals: required(this.#queue, 'queue').signals,
				clock: this.#clock,
				logger: this.#logger.child({ part: 'edge' }),
				egress: this.egress,
				randomId,
				secretKey: Buffer.from(keys.edgeSecret, 'utf8'),
				callWorker: () => this.#worker?.internalHostPort,
			},
			edgeConfig(this.#settings, this.#files.tls),
		)
		this.#edge = edge
		await this.#guardListeners([...edge.addresses.public, ...edge.addresses.internal])
		addEdgeMetrics(this.#metrics, edge)
		this.health.addCritical('edge', () => edge.health())
	}

	#workerStep() {
		return {
			name: 'registration worker',
			stopDeadlineMs: CALLS_DRAIN_MS + 7_000,
			start: async () => {
				const { stores, keys } = required(this.#database, 'database')
				const queue = required(this.#queue, 'queue')
				const pushes = queue.producer('push')
				await closeAbandonedCalls(stores, this.#clock, this.#logger)
				const worker = await startRegistrationWorker(
					{
						accounts: stores.accounts,
						devices: stores.devices,
						bindings: stores.bindings,
						calls: stores.calls,
						tenantSettings: stores.tenantSettings,
						refusals: stores.refusals,
						foregroundLeases: stores.foregroundLeases,
						signals: queue.signals,
						// The dispatcher of this process pushes at once; the queue keeps the job in case the process dies, and a
						// dispatcher never runs the same push twice. So a queue that is away costs no push.
						enqueuePush: async (job) => {
							required(this.#dispatcher, 'push dispatcher').dispatch(job)
							await pushes.enqueue(job, { id: job.pushId }).catch((error: unknown) => {
								const { pushId, intent } = job
								this.#logger.warn({ pushId, intent, error: String(error) }, 'push not kept in the queue')
							})
						},
						load: () => required(this.#load, 'load meter').level,
						egress: this.egress,
						fencingToken: await stores.fencingTokens.next(),
						clock: this.#clock,
						logger: this.#logger.child({ part: 'worker' }),
						random: { token: randomText },
					},
					this.#workerConfig(keys.identitySecret),
				)
				this.#worker = worker
				await this.#guardListeners([{ host: this.#settings.host, port: worker.upstreamPort }])
				addWorkerMetrics(this.#metrics, worker)
				this.health.addCritical('registration worker', () => ({
					ok: true,
					detail: `${worker.snapshot().accounts} accounts, ${worker.snapshot().calls} calls`,
				}))
			},
			stop: async () => {
				await this.#worker?.drain(CALLS_DRAIN_MS)
				await this.#worker?.close()
			},
		}
	}

	#workerConfig(identitySecret: string) {
		const { host, advertisedHost, upstreamPort, upstreamHostV6, upstreamAdvertisedHostV6 } = this.#settings
		const { upstreamCa } = this.#files
		return {
			upstreamHost: host,
			upstreamAdvertisedHost: advertisedHost,
			upstreamPort,
			internalHost: LOOPBACK,
			internalPort: 0,
			identitySecret,
			wakeWithinMs: this.#settings.wakeSeconds * 1000,
			limits: workerLimits(this.#settings),
			pacing: pacingOf(this.#settings),
			...WORKER_TIMES,
			...(upstreamHostV6 === undefined ? {} : { upstreamHostV6 }),
			...(upstreamAdvertisedHostV6 === undefined ? {} : { upstreamAdvertisedHostV6 }),
			...(upstreamCa === undefined ? {} : { upstreamCa }),
		}
	}

	#apiStep() {
		let closeWatch: (() => Promise<void>) | undefined
		return {
			name: 'control API',
			start: async () => {
				const { stores } = required(this.#database, 'database')
				const queue = required(this.#queue, 'queue')
				const pushes = queue.producer('push')
				const common = { clock: this.#clock, logger: this.#logger.child({ part: 'api' }), random: systemRandom }
				const registrations = await watchRegistrations({
					accounts: stores.accounts,
					signals: queue.signals,
					...common,
				})
				const probes = await watchProbes(queue.signals, common)
				closeWatch = async () => {
					await Promise.all([registrations.close(), probes.close()])
				}
				this.#api = await startControlApi(
					{
						stores,
						registrations,
						probes,
						signals: queue.signals,
						pushJobs: { enqueue: (job) => pushes.enqueue(job, { id: job.pushId }) },
						metrics: this.#metrics,
						adminToken: this.#adminToken,
						trustedProxies: this.#settings.trustedProxies,
						limits: apiLimits(this.#settings),
						requestRates: this.#settings,
						tenantDefaults: { limits: tenantLimits(this.#settings) },
						load: () => required(this.#load, 'load meter').level,
						isInCall: (deviceId) => this.#worker?.isInCall(deviceId) ?? false,
						sip: { realm: REALM, domain: REALM, urls: () => this.#edgeUrls() },
						...common,
					},
					{ host: this.#settings.host, port: this.#settings.apiPort, tls: this.#files.apiTls },
				)
				await this.#guardListeners([this.#api])
			},
			stop: async () => {
				await this.#api?.close()
				await closeWatch?.()
			},
		}
	}

	#edgeUrls(): Readonly<Record<string, string>> {
		return edgeUrls(required(this.#edge, 'edge').addresses.public, this.#settings.advertisedHost)
	}
}

function required<Part>(part: Part | undefined, name: string): Part {
	if (part === undefined) throw new Error(`the ${name} does not run`)
	return part
}
