import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DemoPushProvider, DemoTenant, Platform, readSettings } from '@vigil/all-in-one'
import { removeEmbeddedPostgres } from '@vigil/postgres'
import { createLogger, realClock } from '@vigil/runtime'

/** A whole platform of a test's own: fresh database, ports chosen by the system, a push provider on loopback. */
export interface TestPlatform {
	readonly platform: Platform
	readonly pushes: DemoPushProvider
	readonly tenant: DemoTenant
	close(): Promise<void>
}

/** `settings` are environment variables; `REDIS_URL` and `DATABASE_URL` of the surroundings are used when set. */
export async function startTestPlatform(settings: Readonly<Record<string, string>> = {}): Promise<TestPlatform> {
	const stateDir = await mkdtemp(join(tmpdir(), 'vigil-test-'))
	const { DATABASE_URL, REDIS_URL, VIGIL_LOG_LEVEL } = process.env
	const platform = new Platform(
		readSettings({
			DATABASE_URL,
			REDIS_URL,
			VIGIL_STATE_DIR: stateDir,
			VIGIL_API_PORT: '0',
			VIGIL_EDGE_WS_PORT: '0',
			VIGIL_EDGE_SIP_PORT: '0',
			VIGIL_UPSTREAM_PORT: '0',
			...settings,
		}),
		realClock,
		createLogger(VIGIL_LOG_LEVEL === 'debug' ? 'debug' : 'silent', 'test'),
	)
	const pushes = await DemoPushProvider.start()
	await platform.lifecycle.start()
	const tenant = await DemoTenant.create(platform.addresses, pushes, `test-${process.pid}-${Date.now()}`)
	return {
		platform,
		pushes,
		tenant,
		close: async () => {
			await platform.lifecycle.stop()
			await pushes.close()
			if (DATABASE_URL === undefined) await removeEmbeddedPostgres({ stateDir })
			await rm(stateDir, { recursive: true, force: true })
		},
	}
}
