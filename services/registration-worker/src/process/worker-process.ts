import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
	checkDatabase,
	connectDatabase,
	createStores,
	type Database,
	KeyRing,
	migrate,
	type Stores,
} from '@vigil/postgres'
import { createQueueBackend, type QueueBackend } from '@vigil/queue'
import { type Clock, Egress, GuardedNames, Lifecycle, type Logger } from '@vigil/runtime'
import { LoadMeter } from '../admission/load-meter.ts'
import type { RegistrationWorker } from '../registration-worker.ts'
import { startRegistrationWorker } from '../service.ts'
import { CALLS_DRAIN_MS, WORKER_TIMES, type WorkerConfig } from '../worker-config.ts'
import { workerLimits } from './limit-settings.ts'
import type { Measuring } from './measuring.ts'
import { pacingOf } from './pacing-settings.ts'
import type { WorkerSettings } from './settings.ts'

/** Where a running worker process is reached. */
export interface WorkerAddresses {
	/** UDP and TCP port that Contacts at SIP servers carry. */
	readonly upstreamPort: number
	/** `host:port` for edges. */
	readonly internal: string
}

/** The registration worker as a process of its own, over a PostgreSQL and a queue that run elsewhere. */
export class WorkerProcess {
	readonly lifecycle: Lifecycle
	readonly #settings: WorkerSettings
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #measuring: Measuring | undefined
	readonly #egress: Egress
	#names: GuardedNames | undefined
	#opened: { readonly database: Database; readonly stores: Stores } | undefined
	#queue: QueueBackend | undefined
	#worker: RegistrationWorker | undefined
	#load: LoadMeter | undefined

	constructor(settings: WorkerSettings, clock: Clock, logger: Logger, measuring?: Measuring) {
		this.#settings = settings
		this.#clock = clock
		this.#logger = logger
		this.#measuring = measuring
		this.#egress = new Egress(settings.egress, logger.child({ part: 'egress' }))
		this.lifecycle = new Lifecycle({ clock, logger })
			.add({ name: 'database', start: () => this.#openDatabase(), stop: () => this.#opened?.database.close() })
			.add({ name: 'queue', start: () => this.#openQueue(), stop: () => this.#queue?.close() })
			.add({ name: 'egress', start: () => this.#guardNames(), stop: () => this.#names?.close() })
			.add({
				name: 'registration worker',
				stopDeadlineMs: CALLS_DRAIN_MS + 7_000,
				start: () => this.#startWorker(),
				stop: () => this.#stopWorker(),
			})
	}

	/** Known once the worker runs. */
	get addresses(): WorkerAddresses {
		const worker = required(this.#worker)
		return { upstreamPort: worker.upstreamPort, internal: worker.internalHostPort }
	}

	async #openDatabase(): Promise<void> {
		const database = connectDatabase({ url: this.#settings.databaseUrl })
		try {
			const stores = createStores(database, KeyRing.fromText(this.#settings.keyRing))
			await checkDatabase(database)
			await migrate(database)
			this.#opened = { database, stores }
		} catch (error) {
			await database.close()
			throw error
		}
	}

	async #openQueue(): Promise<void> {
		const { redisUrl, databaseUrl } = this.#settings
		const logger = this.#logger.child({ part: 'queue' })
		this.#queue = await createQueueBackend(redisUrl === undefined ? { databaseUrl, logger } : { redisUrl, logger })
	}

	/** The worker's stores, and the names that it is reached by itself, are no SIP servers. */
	async #guardNames(): Promise<void> {
		const { databaseUrl, redisUrl } = this.#settings
		const urls = redisUrl === undefined ? [databaseUrl] : [databaseUrl, redisUrl]
		this.#names = new GuardedNames(this.#egress, this.#clock, urls)
		await this.#names.start()
	}

	async #startWorker(): Promise<void> {
		const { stores } = required(this.#opened)
		const queue = required(this.#queue)
		const pushes = queue.producer('push')
		const config = await workerConfig(this.#settings)
		const fencingToken = await stores.fencingTokens.next()
		this.#measuring?.starting()
		const load = new LoadMeter(this.#clock, this.#settings)
		this.#load = load
		this.#worker = await startRegistrationWorker(
			{
				accounts: stores.accounts,
				devices: stores.devices,
				bindings: stores.bindings,
				calls: stores.calls,
				tenantSettings: stores.tenantSettings,
				refusals: stores.refusals,
				foregroundLeases: stores.foregroundLeases,
				signals: queue.signals,
				enqueuePush: (job) => pushes.enqueue(job, { id: job.pushId }),
				load: () => load.level,
				egress: this.#egress,
				fencingToken,
				clock: this.#clock,
				logger: this.#logger.child({ part: 'worker' }),
				random: { token: (bytes) => randomBytes(bytes).toString('base64url') },
			},
			config,
		)
		this.#measuring?.observe(this.#worker)
		const { advertisedHost: host } = this.#settings
		await required(this.#names).advertised({ host, port: this.#worker.upstreamPort })
	}

	async #stopWorker(): Promise<void> {
		await this.#worker?.drain(CALLS_DRAIN_MS)
		await this.#worker?.close()
		this.#load?.stop()
	}
}

async function workerConfig(settings: WorkerSettings): Promise<WorkerConfig> {
	const { upstreamCa, upstreamHostV6, upstreamAdvertisedHostV6 } = settings
	return {
		upstreamHost: settings.host,
		upstreamAdvertisedHost: settings.advertisedHost,
		upstreamPort: settings.upstreamPort,
		internalHost: settings.internalHost,
		internalPort: settings.internalPort,
		identitySecret: settings.identitySecret,
		wakeWithinMs: settings.wakeSeconds * 1000,
		limits: workerLimits(settings),
		pacing: pacingOf(settings),
		...WORKER_TIMES,
		...(upstreamHostV6 === undefined ? {} : { upstreamHostV6 }),
		...(upstreamAdvertisedHostV6 === undefined ? {} : { upstreamAdvertisedHostV6 }),
		...(upstreamCa === undefined ? {} : { upstreamCa: await readFile(upstreamCa, 'utf8') }),
	}
}

function required<Part>(part: Part | undefined): Part {
	if (part === undefined) throw new Error('the worker does not run')
	return part
}
