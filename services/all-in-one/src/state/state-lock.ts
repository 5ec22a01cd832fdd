import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'

const occupantSchema = z.object({
	pid: z.number().int(),
	host: z.string(),
	/** What the process does, such as "Vigil". */
	program: z.string(),
	/** When it took the folder, ISO 8601. */
	since: z.string(),
	/** Ports by what listens there; none are known while it starts. */
	ports: z.record(z.string(), z.number().int()).optional(),
})

/** The process that a state folder belongs to at the moment. */
export type Occupant = z.output<typeof occupantSchema>

/** The folder belongs to a process that runs. */
export class StateFolderInUseError extends Error {
	constructor(stateDir: string, occupant: Occupant | undefined) {
		super(
			`the state folder ${stateDir} is in use by ${described(occupant)}; stop it first, or set VIGIL_STATE_DIR to another folder`,
		)
		this.name = 'StateFolderInUseError'
	}
}

const LOCK_FILE = 'lock'
const OCCUPANT_FILE = 'running.json'
const SQLITE_BUSY = 5

/**
 * Makes a state folder the property of one process. The lock is SQLite's own on a file that holds nothing: the kernel releases it
 * with the process, however that ends, so a killed process or a reused process number leaves nothing to clear. `running.json`
 * beside it only says who it is, and is read only while the lock is held.
 */
export class StateLock {
	readonly #stateDir: string
	readonly #database: DatabaseSync
	#occupant: Occupant

	private constructor(stateDir: string, database: DatabaseSync, occupant: Occupant) {
		this.#stateDir = stateDir
		this.#database = database
		this.#occupant = occupant
		this.#tell()
	}

	/**
	 * Takes the folder, which is made where there is none.
	 *
	 * @param wallMs the time of day, Unix milliseconds, shown to whoever comes second.
	 * @throws StateFolderInUseError when another process has it; an error in one sentence when the folder cannot be written to.
	 */
	static take(stateDir: string, program: string, wallMs: number): StateLock {
		const database = openLock(stateDir)
		try {
			// In memory, as nothing is ever written that a journal could bring back.
			database.exec('pragma journal_mode = memory; begin exclusive')
		} catch (error) {
			database.close()
			if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw unusable(stateDir, error)
			throw new StateFolderInUseError(stateDir, readOccupant(stateDir))
		}
		const since = `${new Date(wallMs).toISOString().slice(0, 19)}Z`
		return new StateLock(stateDir, database, { pid: process.pid, host: hostname(), program, since })
	}

	/** Says from now on which ports the process has. */
	tellPorts(ports: NonNullable<Occupant['ports']>): void {
		this.#occupant = { ...this.#occupant, ports }
		this.#tell()
	}

	/** Gives the folder back; a second call does nothing. */
	release(): void {
		if (!this.#database.isOpen) return
		rmSync(join(this.#stateDir, OCCUPANT_FILE), { force: true })
		this.#database.close()
	}

	#tell(): void {
		const path = join(this.#stateDir, OCCUPANT_FILE)
		writeFileSync(`${path}.new`, `${JSON.stringify(this.#occupant)}\n`, { mode: 0o600 })
		renameSync(`${path}.new`, path)
	}
}

function openLock(stateDir: string): DatabaseSync {
	try {
		mkdirSync(stateDir, { recursive: true, mode: 0o700 })
		const path = join(stateDir, LOCK_FILE)
		const database = new DatabaseSync(path, { timeout: 0 })
		chmodSync(path, 0o600)
		return database
	} catch (error) {
		throw unusable(stateDir, error)
	}
}

function unusable(stateDir: string, error: unknown): Error {
	const reason = error instanceof Error ? error.message : String(error)
	return new Error(`the state folder ${stateDir} cannot be locked: ${reason}`)
}

function readOccupant(stateDir: string): Occupant | undefined {
	try {
		return occupantSchema.parse(JSON.parse(readFileSync(join(stateDir, OCCUPANT_FILE), 'utf8')))
	} catch {
		return undefined
	}
}

function described(occupant: Occupant | undefined): string {
	if (occupant === undefined) return 'another process'
	const { pid, host, program, since, ports } = occupant
	const where = host === hostname() ? '' : ` on ${host}`
	const listening = Object.entries(ports ?? {}).map(([what, port]) => `${what} ${port}`)
	const details = listening.length === 0 ? '' : `, ports: ${listening.join(', ')}`
	return `process ${pid}${where} (${program}, since ${since}${details})`
}
