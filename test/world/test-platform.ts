import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DemoPushProvider, DemoTenant, Platform, type PlatformAddresses, readSettings } from '@vigil/all-in-one'
import { removeEmbeddedPostgres } from '@vigil/postgres'
import { createLogger, realClock } from '@vigil/runtime'
import { TransportError } from '@vigil/sip-transport'
import { TEST_EGRESS } from './lone-worker.ts'
import { redisOfThisProcess } from './redis.ts'

type Environment = Readonly<Record<string, string>>

/**
 * Ports below those that the system gives out (Linux: from 32768), a range for each process of tests: nobody takes one while
 * a platform is stopped that will start on it again.
 */
const FIRST_PORT = 12_000
const PORTS_EACH = 2_000
const RANGES = 10

let portsTaken = process.pid

function newPort(): string {
	const range = Number(process.env.VITEST_POOL_ID ?? 0) % RANGES
	return String(FIRST_PORT + range * PORTS_EACH + (portsTaken++ % PORTS_EACH))
}

function newPorts(): Environment {
	return {
		VIGIL_API_PORT: newPort(),
		VIGIL_OPERATIONS_PORT: '0',
		VIGIL_EDGE_WS_PORT: newPort(),
		VIGIL_EDGE_SIP_PORT: newPort(),
		VIGIL_UPSTREAM_PORT: newPort(),
	}
}

const PORT_ATTEMPTS = 10

let tenants = 0

/** A whole platform of a test's own: fresh database, ports of its own, a push provider on loopback. */
export class TestPlatform {
	readonly pushes: DemoPushProvider
	readonly tenant: DemoTenant
	readonly #stateDir: string
	readonly #settings: Environment
	#platform: Platform

	private constructor(
		platform: Platform,
		pushes: DemoPushProvider,
		tenant: DemoTenant,
		state: { stateDir: string; settings: Environment },
	) {
		this.#platform = platform
		this.pushes = pushes
		this.tenant = tenant
		this.#stateDir = state.stateDir
		this.#settings = state.settings
	}

	/** `settings` are environment variables; `REDIS_URL` and `DATABASE_URL` of the surroundings are used when set. */
	static async start(settings: Environment = {}): Promise<TestPlatform> {
		const stateDir = await mkdtemp(join(tmpdir(), 'vigil-test-'))
		const platform = await runPlatform(() => ({
			VIGIL_STATE_DIR: stateDir,
			VIGIL_EGRESS: TEST_EGRESS,
			...newPorts(),
			...settings,
		}))
		const pushes = await DemoPushProvider.start()
		const tenant = await newTenant(platform.addresses, pushes)
		return new TestPlatform(platform, pushes, tenant, { stateDir, settings })
	}

	get platform(): Platform {
		return this.#platform
	}

	get addresses(): PlatformAddresses {
		return this.#platform.addresses
	}

	/** Another tenant of the same platform, with a push app of its own. */
	otherTenant(): Promise<DemoTenant> {
		return newTenant(this.addresses, this.pushes)
	}

	/** What `GET /readyz` answers. */
	async readiness(): Promise<{ status: number; body: Readiness }> {
		const response = await fetch(`${this.addresses.operations}/readyz`)
		return { status: response.status, body: (await response.json()) as Readiness }
	}

	/** Stops the platform in good order, then starts it on what it left: the same folder, database and ports. */
	async restart(betweenTheTwo: () => Promise<void> = async () => {}): Promise<void> {
		const ports = portsOf(this.addresses)
		await this.#platform.lifecycle.stop()
		await betweenTheTwo()
		this.#platform = await runPlatform(() => ({
			VIGIL_STATE_DIR: this.#stateDir,
			VIGIL_EGRESS: TEST_EGRESS,
			...this.#settings,
			...ports,
		}))
	}

	async close(): Promise<void> {
		await this.#platform.lifecycle.stop()
		await this.pushes.close()
		if (process.env.DATABASE_URL === undefined) await removeEmbeddedPostgres({ stateDir: this.#stateDir })
		await rm(this.#stateDir, { recursive: true, force: true })
	}
}

/** The part of the answer of `/readyz` that tests look at. */
export interface Readiness {
	readonly status: 'ready' | 'degraded' | 'not-ready'
	readonly checks: Readonly<Record<string, { ok: boolean; degraded?: boolean; critical: boolean; detail?: string }>>
}

/** Tests run side by side: what is late, or waits in crowds, is the machine's fault, and no reason to refuse a call. */
const ON_A_BUSY_MACHINE: Environment = {
	VIGIL_SHED_LAG_MS: '60000',
	VIGIL_ACCOUNT_HELD_CALLS: '1000',
	VIGIL_ACCOUNT_CALLS_PER_SECOND: '1000',
	VIGIL_DEVICE_PUSHES_PER_SECOND: '1000',
}

export function startTestPlatform(settings: Environment = {}): Promise<TestPlatform> {
	return TestPlatform.start(settings)
}

async function runPlatform(settings: () => Environment): Promise<Platform> {
	const { DATABASE_URL, VIGIL_LOG_LEVEL } = process.env
	const logger = createLogger(VIGIL_LOG_LEVEL === 'debug' ? 'debug' : 'silent', 'test')
	for (let attempt = 1; ; attempt++) {
		const platform = new Platform(
			readSettings({ DATABASE_URL, ...redisOfThisProcess(), ...ON_A_BUSY_MACHINE, ...settings() }),
			realClock,
			logger,
		)
		try {
			await platform.lifecycle.start()
			return platform
		} catch (error) {
			// Whatever else runs on this machine may have taken a port.
			const isPortTaken = error instanceof TransportError && error.code === 'address-in-use'
			if (!isPortTaken || attempt === PORT_ATTEMPTS) throw error
		}
	}
}

function newTenant(addresses: PlatformAddresses, pushes: DemoPushProvider): Promise<DemoTenant> {
	return DemoTenant.create(addresses, pushes, `test-${process.pid}-${Date.now()}-${++tenants}`)
}

function portsOf({ api, edge, upstreamPort }: PlatformAddresses): Environment {
	const portOf = (url: string | undefined) => /:(\d+)(?:[;/]|$)/.exec(url ?? '')?.[1] ?? '0'
	return {
		VIGIL_API_PORT: portOf(api),
		VIGIL_OPERATIONS_PORT: '0',
		VIGIL_EDGE_WS_PORT: portOf(edge.ws),
		VIGIL_EDGE_SIP_PORT: portOf(edge.tcp),
		VIGIL_UPSTREAM_PORT: String(upstreamPort),
	}
}
