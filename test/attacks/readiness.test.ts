import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, open, rm, statfs, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connectDatabase, removeEmbeddedPostgres, startEmbeddedPostgres } from '@vigil/postgres'
import { FaultProxy, until } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../world/test-platform.ts'

// What /readyz says while the database takes no writes, has no room, or is slow; and what a tenant can make it say.

const run = promisify(execFile)
const MIB = 1024 * 1024

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close()
})

const DISK_MIB = 400

/** Mounts a file system of its own, of `DISK_MIB`; it and its folder are gone after the test. */
async function smallDisk(): Promise<string> {
	const folder = await temporaryFolder()
	await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m,mode=0755`, 'tmpfs', folder])
	closing.push(() => run('umount', ['-l', folder]))
	return folder
}

/** Whether this user may mount one. */
async function tryToMount(): Promise<boolean> {
	try {
		await smallDisk()
		return true
	} catch {
		return false
	} finally {
		for (const close of closing.splice(0).reverse()) await close()
	}
}

/** The files of a database that root starts lie in the folder for temporary files. */
async function withTemporaryFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
	const before = process.env.TMPDIR
	process.env.TMPDIR = folder
	try {
		return await work()
	} finally {
		if (before === undefined) delete process.env.TMPDIR
		else process.env.TMPDIR = before
	}
}

/** A database of the test's own, which is gone after it. */
async function startDatabase(parent: string): Promise<string> {
	const stateDir = join(parent, 'database')
	await mkdir(stateDir, { recursive: true })
	const server = await withTemporaryFolder(parent, () =>
		startEmbeddedPostgres({ stateDir, settings: { fsync: 'off' } }),
	)
	closing.push(() => withTemporaryFolder(parent, () => removeEmbeddedPostgres({ stateDir })))
	return server.url
}

async function startPlatform(databaseUrl: string): Promise<TestPlatform> {
	const platform = await startTestPlatform({ DATABASE_URL: databaseUrl })
	closing.push(() => platform.close())
	return platform
}

/** Waits until `/readyz` answers with this status. */
async function readyz(platform: TestPlatform, status: 'ready' | 'degraded' | 'not-ready') {
	let seen: unknown
	return until(
		async () => {
			const response = await platform.readiness()
			seen = response
			return response.body.status === status && response
		},
		{ what: () => `${status}, seen ${JSON.stringify(seen)}` },
	)
}

async function temporaryFolder(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'vigil-ready-'))
	closing.push(() => rm(folder, { recursive: true, force: true }))
	return folder
}

/** Fills the small disk to its last byte; returns what makes room again. */
async function fill(folder: string): Promise<() => Promise<void>> {
	const { bsize, blocks } = await statfs(folder)
	// Never the disk of the machine, should the mount be gone.
	expect(bsize * blocks).toBe(DISK_MIB * MIB)
	const path = join(folder, 'filler')
	const file = await open(path, 'w')
	const piece = Buffer.alloc(MIB)
	try {
		for (let written = 0; written <= DISK_MIB; written++) await file.write(piece)
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
	} finally {
		await file.close()
	}
	expect((await statfs(folder)).bavail).toBeLessThan(2)
	return () => unlink(path)
}

const mayMount = await tryToMount()

describe('readiness', () => {
	it('is lost while the database is read-only, with a plain reason, and comes back', async () => {
		const url = await startDatabase(await temporaryFolder())
		const platform = await startPlatform(url)
		await readyz(platform, 'ready')
		// From outside: it holds for new connections, so that all of the service's end.
		const setReadOnly = async (on: boolean) => {
			const outside = connectDatabase({ url, poolSize: 1 })
			await outside.asPlatform((sql) =>
				sql.unsafe(
					`set transaction read write; alter database vigil set default_transaction_read_only = ${on ? 'on' : 'off'}`,
				),
			)
			await outside.asPlatform(
				(sql) =>
					sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()`,
			)
			await outside.close()
		}
		await setReadOnly(true)
		const { status, body } = await readyz(platform, 'not-ready')
		expect(status).toBe(503)
		expect(body.checks.database?.detail).toMatch(/^The database at \S+ is read-only/)
		await setReadOnly(false)
		expect((await readyz(platform, 'ready')).status).toBe(200)
	})

	it.runIf(mayMount)('is lost while the disk of the database is full, and comes back when there is room', async () => {
		const disk = await smallDisk()
		const platform = await startPlatform(await startDatabase(disk))
		await readyz(platform, 'ready')
		const makeRoom = await fill(disk)
		const { status, body } = await readyz(platform, 'not-ready')
		expect(status).toBe(503)
		expect(body.checks.database?.detail).toMatch(/^The database at \S+ has no disk space left/)
		await makeRoom()
		await readyz(platform, 'ready')
	})

	it('is degraded, with the time measured, while the database is slow', async () => {
		const url = await startDatabase(await temporaryFolder())
		const { hostname, port } = new URL(url)
		const proxy = await FaultProxy.start({ host: hostname, port: Number(port) })
		closing.push(() => proxy.close())
		const platform = await startPlatform(proxy.urlThrough(url))
		await readyz(platform, 'ready')
		await proxy.set({ kind: 'slow', delayMs: 300 })
		const { status, body } = await until(async () => {
			const response = await platform.readiness()
			expect(response.status).toBe(200)
			return /^slow: \d+ ms$/.test(response.body.checks.database?.detail ?? '') && response
		})
		expect([status, body.status]).toEqual([200, 'degraded'])
		expect(body.checks.database).toMatchObject({ ok: true, degraded: true })
		await proxy.set({ kind: 'pass' })
		await readyz(platform, 'ready')
	})

	it('does not follow from a tenant’s push app, and is not asked of the port that tenants reach', async () => {
		const platform = await startPlatform(await startDatabase(await temporaryFolder()))
		const { client } = platform.tenant
		const [app] = (await client.request<{ items: { id: string }[] }>('GET', '/v1/push-apps')).items
		const url = `/v1/push-apps/${app?.id}`
		const { pushes } = platform
		pushes.server.respondNext({ kind: 'refuse', status: 403, reason: 'InvalidProviderToken' })
		const account = await platform.tenant.addAccount({
			username: 'alice',
			domain: 'pbx.invalid',
			password: 'correct horse',
		})
		const phone = await platform.tenant.addPhone(account.id, { wakes: false })
		closing.push(() => phone.close())
		await client.request('POST', `/v1/devices/${phone.device.identity.deviceId}/test-push`)
		const shown = await until(async () => {
			const { health } = await client.request<{ health?: { state: string } }>('GET', url)
			return health?.state === 'failing' && health
		})
		expect(shown).toMatchObject({
			state: 'failing',
			since: expect.any(String),
			lastFailure: { kind: 'misconfigured', reason: 'InvalidProviderToken', providerStatus: 403 },
		})
		const { body } = await platform.readiness()
		expect(body.status).toBe('ready')
		expect(JSON.stringify(body)).not.toContain('InvalidProviderToken')
		for (const path of ['/readyz', '/metrics']) {
			expect((await fetch(`${platform.addresses.api}${path}`)).status).toBe(404)
		}
	})
})
