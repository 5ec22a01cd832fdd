import { realpath, rm } from 'node:fs/promises'
import postgres from 'postgres'
import { prepareBinaries } from './binaries.ts'
import { createDataFolder, dataFolderState, requireSameMajor, SERVICE_ROLE, setAside } from './data-folder.ts'
import { EmbeddedPostgresError } from './embedded-error.ts'
import { ensurePassword, passwordFile } from './password.ts'
import { type Place, preparePlace } from './place.ts'
import { findPostmaster, type Postmaster, poll, stopPostmaster } from './postmaster.ts'
import { freePort, type ServerSettings, startServer } from './server.ts'

export interface EmbeddedPostgresOptions {
	/** Folder of the service's state; holds the password, and the data too unless we are root. */
	readonly stateDir: string
	/** Port of 127.0.0.1; without it a free one is taken at each start. */
	readonly port?: number
	/** Folder of `postgres` and `initdb` in place of the packaged ones; default: the environment's `PG_BIN_DIR`. */
	readonly binDir?: string
	/** Attaches to a server that runs already and starts none: for a folder that belongs to another process. */
	readonly runningOnly?: boolean
	/** Further server settings (`postgresql.conf` names). */
	readonly settings?: ServerSettings
	/** Gets plain sentences about what takes time or was found. */
	readonly log?: (message: string) => void
	/** Breaks off what takes long, the creation of the data; a server that is starting already is let start. */
	readonly signal?: AbortSignal
}

export interface EmbeddedPostgres {
	/** With the password: for `connectDatabase`, never for a log. */
	readonly url: string
	readonly port: number
	/** Where the data lies. */
	readonly dataDir: string
	/** A server that was running already, left by a service that did not stop it, serves on. */
	readonly reused: boolean
	/** Stops the server, also a reused one, after a checkpoint; a second call does nothing. */
	stop(): Promise<void>
}

const ATTACH_LIMIT_MS = 60_000
const PORT_TRIES = 3

/**
 * Runs the PostgreSQL server of a state folder on 127.0.0.1, creating its data first where there is none. A service that
 * dies leaves the server running, and its next start attaches to it.
 *
 * @throws EmbeddedPostgresError in one plain sentence; the signal's reason where that broke it off.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
	const place = await preparePlace(options.stateDir)
	const password = await ensurePassword(options.stateDir)
	if (!options.runningOnly) await clearForeignData(place, password, options)
	const live = await attach(place, password)
	if (!live && options.runningOnly) {
		throw new EmbeddedPostgresError('not-running', `No embedded database runs on ${place.dataDir}.`)
	}
	const server = live ?? (await launch(place, password, options))
	return describe(place, password, server)
}

/** Stops the server of a state folder and deletes its data and password for good. */
export async function removeEmbeddedPostgres(options: { readonly stateDir: string }): Promise<void> {
	const stateDir = await realpath(options.stateDir)
	const place = await preparePlace(stateDir)
	const running = await findPostmaster(place)
	if (running) await stopPostmaster(place, running.pid)
	await rm(place.dir, { recursive: true, force: true })
	await rm(passwordFile(stateDir), { force: true })
}

interface Running {
	readonly postmaster: Postmaster
	readonly reused: boolean
}

async function launch(place: Place, password: string, options: EmbeddedPostgresOptions): Promise<Running> {
	const binaries = await prepareBinaries(place, options.binDir ?? process.env.PG_BIN_DIR)
	if ((await dataFolderState(place, password)) === 'absent') {
		options.log?.(`Creating the embedded database in ${place.dataDir}.`)
		const durable = options.settings?.fsync !== 'off'
		await createDataFolder({ place, binaries, password, durable, signal: options.signal })
	}
	await requireSameMajor(place, binaries)
	options.signal?.throwIfAborted()
	for (let attempt = 1; ; attempt++) {
		const port = options.port ?? (await freePort())
		try {
			return { postmaster: await startServer(place, binaries, port, options.settings ?? {}), reused: false }
		} catch (error) {
			// Two starts at once: one server won, and serves both.
			const live = await attach(place, password)
			if (live) return live
			const moved = options.port === undefined && attempt < PORT_TRIES && isPortTaken(error)
			if (!moved) throw error
		}
	}
}

async function clearForeignData(place: Place, password: string, options: EmbeddedPostgresOptions): Promise<void> {
	if ((await dataFolderState(place, password)) !== 'foreign') return
	const running = await findPostmaster(place)
	if (running) await stopPostmaster(place, running.pid)
	const aside = await setAside(place)
	options.log?.(`The password of an earlier database is gone from the state folder; its data is now in ${aside}.`)
}

/** Waits for a server that is just starting or stopping; undefined when none runs in the end. */
async function attach(place: Place, password: string): Promise<Running | undefined> {
	const settled = await poll(async () => {
		const found = await findPostmaster(place)
		if (!found) return 'none' as const
		return found.status === 'ready' ? found : undefined
	}, ATTACH_LIMIT_MS)
	if (settled === 'none') return undefined
	if (!settled)
		throw new EmbeddedPostgresError('start-failed', `The server on ${place.dataDir} neither starts nor stops.`)
	await requireLogin(urlOf(settled, password), place)
	return { postmaster: settled, reused: true }
}

async function requireLogin(url: string, place: Place): Promise<void> {
	const sql = postgres(url, { max: 1, connect_timeout: 5, fetch_types: false, onnotice: () => {} })
	try {
		await sql`select 1`
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
		throw new EmbeddedPostgresError('start-failed', `A server runs on ${place.dataDir} but refuses us (${code}).`)
	} finally {
		await sql.end({ timeout: 1 })
	}
}

function describe(place: Place, password: string, { postmaster, reused }: Running): EmbeddedPostgres {
	let stopped: Promise<void> | undefined
	const stop = () => {
		stopped ??= stopPostmaster(place, postmaster.pid)
		return stopped
	}
	return { url: urlOf(postmaster, password), port: postmaster.port, dataDir: place.dataDir, reused, stop }
}

function urlOf(postmaster: Postmaster, password: string): string {
	return `postgres://${SERVICE_ROLE}:${password}@127.0.0.1:${postmaster.port}/${SERVICE_ROLE}`
}

function isPortTaken(error: unknown): boolean {
	return error instanceof EmbeddedPostgresError && error.fault === 'port-taken'
}
