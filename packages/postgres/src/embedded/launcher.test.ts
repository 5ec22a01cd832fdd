import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase, type Database } from '../database/connect.ts'
import { DatabaseUnavailableError } from '../database/database-error.ts'
import { EmbeddedPostgresError } from './embedded-error.ts'
import { type EmbeddedPostgres, removeEmbeddedPostgres, startEmbeddedPostgres } from './launcher.ts'

const LIMIT_MS = 60_000
const settings = { fsync: 'off' }
const open: (() => Promise<unknown>)[] = []
let stateDir: string

beforeAll(async () => {
	stateDir = await realpath(await mkdtemp(join(tmpdir(), 'vigil-launcher-')))
	process.env.VIGIL_TEST_PROBE = 'a key of the service'
})

afterEach(async () => {
	for (const close of open.splice(0).reverse()) await close()
})

afterAll(async () => {
	delete process.env.VIGIL_TEST_PROBE
	await removeEmbeddedPostgres({ stateDir })
	await rm(stateDir, { recursive: true })
}, LIMIT_MS)

async function start(options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}): Promise<EmbeddedPostgres> {
	const server = await startEmbeddedPostgres({ stateDir, settings, ...options })
	open.push(() => server.stop())
	return server
}

function connect(url: string): Database {
	const database = connectDatabase({ url, poolSize: 1 })
	open.push(() => database.close())
	return database
}

function login(server: EmbeddedPostgres, user: string, password: string): Promise<unknown> {
	const url = new URL(server.url)
	url.username = user
	url.password = password
	return connect(url.href).asPlatform((sql) => sql`select 1`)
}

/** Runs a test on a taken port, and gives it back. */
async function takePort(): Promise<number> {
	const other = createServer()
	await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
	open.push(async () => other.close())
	const address = other.address()
	return typeof address === 'object' && address ? address.port : 0
}

describe('the embedded server', { timeout: LIMIT_MS }, () => {
	it('serves its own database to one role, which is no superuser, by password alone', async () => {
		const server = await start()
		expect(server.reused).toBe(false)
		const [row] = await connect(server.url).asPlatform(
			(sql) => sql`select current_user, current_database(), rolsuper from pg_roles where rolname = current_user`,
		)
		expect(row).toEqual({ currentUser: 'vigil', currentDatabase: 'vigil', rolsuper: false })
		const { password } = new URL(server.url)
		for (const [user, word] of [
			['vigil', 'wrong'],
			['vigil', ''],
			['postgres', password],
			['postgres', ''],
		] as const) {
			await expect(login(server, user, word)).rejects.toThrow(DatabaseUnavailableError)
		}
	})

	it('keeps its password for the owner of the state folder alone', async () => {
		const file = join(stateDir, 'postgres-password')
		expect((await stat(file)).mode & 0o777).toBe(0o600)
		expect((await stat((await start()).dataDir)).mode & 0o777).toBe(0o700)
		expect(await readFile(file, 'utf8')).toMatch(/^[A-Za-z0-9_-]{43}$/)
	})

	it('keeps its data from start to start', async () => {
		const first = await start()
		await connect(first.url).asPlatform((sql) => sql`create table kept as select 42 as value`)
		await first.stop()
		await first.stop()
		const second = await start()
		expect(second.reused).toBe(false)
		expect(await connect(second.url).asPlatform((sql) => sql`select value from kept`)).toEqual([{ value: 42 }])
	})

	it('serves on when it is asked for again, and stops for whoever says so', async () => {
		const first = await start()
		const second = await start()
		expect(second).toMatchObject({ reused: true, url: first.url })
		await second.stop()
		await expect(connect(first.url).asPlatform((sql) => sql`select 1`)).rejects.toThrow(/nothing listens/)
	})

	it('outlives a service that is killed, whose next start attaches to it', async () => {
		const script = fileURLToPath(new URL('../../test/start-server.ts', import.meta.url))
		const service = spawn(process.execPath, [script, stateDir], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
		const [said] = await once(service.stdout, 'data')
		expect(String(said)).toBe('ready\n')
		const ended = once(service, 'exit')
		// The whole process group, as a terminal would.
		process.kill(-(service.pid as number), 'SIGKILL')
		await ended
		const server = await start()
		expect(server.reused).toBe(true)
		expect(await connect(server.url).asPlatform((sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
	})

	it('is only attached to where the folder is somebody else’s, and none is started there', async () => {
		const refused = await start({ runningOnly: true }).catch((error: unknown) => error)
		expect(refused).toMatchObject({
			fault: 'not-running',
			message: expect.stringContaining('No embedded database runs'),
		})
		const { port } = await start()
		expect(await start({ runningOnly: true })).toMatchObject({ port, reused: true })
	})

	it('is one server when two starts meet', async () => {
		const servers = await Promise.all([start(), start(), start()])
		expect(new Set(servers.map((server) => server.url)).size).toBe(1)
		expect(servers.filter((server) => !server.reused)).toHaveLength(1)
	})

	it('leaves nothing where its creation is broken off, and is created by the next start', async () => {
		const elsewhere = await realpath(await mkdtemp(join(tmpdir(), 'vigil-launcher-')))
		open.push(async () => {
			await removeEmbeddedPostgres({ stateDir: elsewhere })
			await rm(elsewhere, { recursive: true })
		})
		const stop = new AbortController()
		let dataDir = ''
		const log = (message: string) => {
			dataDir = /in (\S+)\.$/.exec(message)?.[1] ?? ''
		}
		const drafts = async () =>
			(await readdir(dirname(dataDir))).filter((name) => name.startsWith(`${basename(dataDir)}.`))
		const starting = start({ stateDir: elsewhere, signal: stop.signal, log }).catch((error: Error) => error.message)
		await expect.poll(async () => (dataDir === '' ? 0 : (await drafts()).length), { timeout: LIMIT_MS }).toBe(1)
		stop.abort(new Error('broken off'))
		expect(await starting).toBe('broken off')
		expect(await drafts()).toEqual([])
		const server = await start({ stateDir: elsewhere })
		expect(await connect(server.url).asPlatform((sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
	})

	it('is found again by connections that were open when it went', async () => {
		const server = await start()
		const database = connect(server.url)
		const ask = () => database.asPlatform((sql) => sql`select 1 as one`)
		await ask()
		await server.stop()
		await expect(ask()).rejects.toThrow(DatabaseUnavailableError)
		await start({ port: server.port })
		await expect.poll(ask, { interval: 5, timeout: LIMIT_MS }).toEqual([{ one: 1 }])
	})

	it.runIf(existsSync('/proc/self/environ'))('knows nothing of the environment of the service', async () => {
		const { dataDir } = await start()
		const [pid] = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')
		expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toContain('a key of the service')
	})

	it('starts over a file that a reboot left, whose process number is now another program', async () => {
		const { dataDir, stop } = await start()
		await stop()
		await writeFile(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n1\n5432\n\n127.0.0.1\n\nready\n`)
		if (existsSync('/proc/self/cmdline')) expect((await start()).reused).toBe(false)
		else await rm(join(dataDir, 'postmaster.pid'))
	})
})

describe('a server that cannot start says why', { timeout: LIMIT_MS }, () => {
	it('port taken', async () => {
		const port = await takePort()
		const failed = start({ port })
		await expect(failed).rejects.toThrow(EmbeddedPostgresError)
		await expect(failed).rejects.toThrow(`Port ${port} of 127.0.0.1 is taken by another program.`)
	})

	it('no programs in the folder named', async () => {
		const failed = start({ binDir: '/nonexistent' })
		await expect(failed).rejects.toMatchObject({ fault: 'no-binary' })
		await expect(failed).rejects.toThrow(
			/^The program postgres in \/nonexistent cannot be run \(ENOENT\); set PG_BIN_DIR/,
		)
	})

	it('no programs for this platform', async () => {
		const arch = Object.getOwnPropertyDescriptor(process, 'arch') as PropertyDescriptor
		Object.defineProperty(process, 'arch', { ...arch, value: 'pdp11' })
		open.push(async () => Object.defineProperty(process, 'arch', arch))
		const failed = start()
		await expect(failed).rejects.toMatchObject({ fault: 'no-binary' })
		await expect(failed).rejects.toThrow(/no embedded PostgreSQL for \w+-pdp11; set DATABASE_URL/)
	})

	it('data of another major version', async () => {
		const { dataDir, stop } = await start()
		await stop()
		const file = join(dataDir, 'PG_VERSION')
		const version = await readFile(file, 'utf8')
		open.push(() => writeFile(file, version))
		await writeFile(file, '9\n')
		const failed = start()
		await expect(failed).rejects.toMatchObject({ fault: 'other-version' })
		await expect(failed).rejects.toThrow(/was written by PostgreSQL 9, but the programs are version \d+/)
	})

	it('a setting that it refuses, in its own words', async () => {
		await expect(start({ settings: { shared_buffers: 'none' } })).rejects.toThrow(/shared_buffers/)
	})
})

describe('a state folder that lost its password', { timeout: LIMIT_MS }, () => {
	it('gets a new database, and the old data is set aside, not deleted', async () => {
		await (await start()).stop()
		await rm(join(stateDir, 'postgres-password'))
		const said: string[] = []
		const server = await start({ log: (message) => said.push(message) })
		expect(await connect(server.url).asPlatform((sql) => sql`select to_regclass('kept') as kept`)).toEqual([
			{ kept: null },
		])
		const aside = /its data is now in (\S+)\.$/.exec(said[0] ?? '')?.[1] ?? ''
		expect(existsSync(join(aside, 'PG_VERSION'))).toBe(true)
	})
})

describe('removing the server of a state folder', { timeout: LIMIT_MS }, () => {
	it('stops it and leaves nothing', async () => {
		const { dataDir, url } = await start()
		await removeEmbeddedPostgres({ stateDir })
		expect(existsSync(dataDir)).toBe(false)
		expect(existsSync(join(stateDir, 'postgres-password'))).toBe(false)
		await expect(connect(url).asPlatform((sql) => sql`select 1`)).rejects.toThrow(DatabaseUnavailableError)
	})
})
