import { connectDatabase, createStores, type Database, KeyRing, migrate, newKeyText } from '@vigil/postgres'
import { createMetrics, realClock, silentLogger, systemRandom } from '@vigil/runtime'
import { startTestDatabase, type TestDatabase } from '@vigil/testkit'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { buildApp } from '../src/app.ts'
import type { ControlApiDeps } from '../src/deps.ts'
import { type StoredRegistrationWatch, watchRegistrations } from '../src/registration-watch.ts'
import { MemorySignals, RecordedPushJobs } from './recorders.ts'
import { ScriptedOwner } from './scripted-owner.ts'

export const ADMIN_TOKEN = 'admin-token-of-the-tests'

/** What came back: status, headers and the parsed body. */
export interface ApiResponse {
	readonly status: number
	readonly headers: Readonly<Record<string, unknown>>
	readonly text: string
	// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies that they have just described.
	readonly body: any
}

/** The control API over a real database, with the other services played by fakes. */
export class Harness {
	readonly stores: ReturnType<typeof createStores>
	readonly signals = new MemorySignals()
	readonly pushJobs = new RecordedPushJobs()
	readonly metrics = createMetrics()
	readonly owner: ScriptedOwner
	readonly deps: ControlApiDeps
	app!: FastifyInstance
	/** Plays the worker that probes; nobody answers unless a test says so. */
	prober: ControlApiDeps['probes']['ask'] = async () => undefined
	#watch!: StoredRegistrationWatch
	readonly #database: Database
	readonly #testDatabase: TestDatabase

	private constructor(database: Database, testDatabase: TestDatabase, registrations: () => StoredRegistrationWatch) {
		this.#database = database
		this.#testDatabase = testDatabase
		this.stores = createStores(database, KeyRing.fromText(newKeyText('test')))
		this.owner = new ScriptedOwner(this.stores, this.signals)
		this.deps = {
			stores: this.stores,
			registrations: {
				waitForStatus: (...args) => registrations().waitForStatus(...args),
				onChange: (...args) => registrations().onChange(...args),
			},
			probes: { ask: (...args) => this.prober(...args) },
			signals: this.signals,
			pushJobs: this.pushJobs,
			metrics: this.metrics,
			clock: realClock,
			logger: silentLogger,
			random: systemRandom,
			adminToken: ADMIN_TOKEN,
			sip: { realm: 'edge.test', domain: 'edge.test', urls: () => ({ ws: 'ws://edge.test:5066' }) },
			limits: { unauthenticatedPerMinute: 10_000 },
			requestRates: { tenantRequestsPerSecond: 10_000 },
		}
	}

	static async start(): Promise<Harness> {
		const testDatabase = await startTestDatabase()
		const database = connectDatabase({ url: testDatabase.url, poolSize: 4 })
		await migrate(database)
		const harness: Harness = new Harness(database, testDatabase, () => harness.#watch)
		harness.#watch = await watchRegistrations({
			accounts: harness.stores.accounts,
			signals: harness.signals,
			clock: realClock,
			logger: silentLogger,
		})
		await harness.owner.listen()
		harness.app = await buildApp(harness.deps)
		return harness
	}

	/** Another app over the same stores, with other settings. */
	variant(deps: Partial<ControlApiDeps>): Promise<FastifyInstance> {
		return buildApp({ ...this.deps, metrics: createMetrics(), ...deps })
	}

	/** As if every turn had been taken long ago. */
	async letTurnsLapse(): Promise<void> {
		await this.#database.asPlatform((sql) => sql`update vigil.turns set until_ms = 0`)
	}

	async request(
		token: string | undefined,
		method: string,
		url: string,
		body?: unknown,
		headers = {},
	): Promise<ApiResponse> {
		return send(this.app, token, method, url, body, headers)
	}

	async stop(): Promise<void> {
		await this.app.close()
		await this.#watch.close()
		await this.#database.close()
		await this.#testDatabase.stop()
	}
}

/** One request to an app, with its answer parsed when it is JSON. */
export async function send(
	app: FastifyInstance,
	token: string | undefined,
	method: string,
	url: string,
	body?: unknown,
	headers: Readonly<Record<string, string>> = {},
): Promise<ApiResponse> {
	const response = await app.inject({
		method: method as NonNullable<InjectOptions['method']>,
		url,
		headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
		...(body === undefined ? {} : { payload: body as object }),
	})
	const isJson = String(response.headers['content-type'] ?? '').includes('json')
	return {
		status: response.statusCode,
		headers: response.headers,
		text: response.body,
		body: isJson && response.body !== '' ? JSON.parse(response.body) : undefined,
	}
}
