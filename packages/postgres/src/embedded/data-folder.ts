import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { run } from './child.ts'
import { EmbeddedPostgresError } from './embedded-error.ts'
import { passwordMark } from './password.ts'
import { ignore, type Place } from './place.ts'

/** The role that the service logs in as, and the database that it owns. */
export const SERVICE_ROLE = 'vigil'

const MARK_FILE = 'vigil-mark'
/** Halves the time that it takes: nothing is flushed, and no 16 MB of log are written ahead. */
const THROWAWAY = ['--no-sync', '--wal-segsize=1']
/** The bootstrap superuser has no line here: it cannot log in over the network at all. */
const HOST_RULES = `host all ${SERVICE_ROLE} 127.0.0.1/32 scram-sha-256\n`

export type DataFolderState = 'absent' | 'ours' | 'foreign'

/** `foreign`: data of an earlier state folder at the same path, whose password is gone. */
export async function dataFolderState(place: Place, password: string): Promise<DataFolderState> {
	const version = await readFile(join(place.dataDir, 'PG_VERSION'), 'utf8').catch(ignore('ENOENT'))
	if (version === undefined) return 'absent'
	const mark = await readFile(join(place.dataDir, MARK_FILE), 'utf8').catch(ignore('ENOENT'))
	return mark === passwordMark(password) ? 'ours' : 'foreign'
}

/** Moves data that nobody can log in to out of the way and returns its new path; nothing is deleted. */
export async function setAside(place: Place): Promise<string> {
	const aside = `${place.dataDir}-set-aside-${new Date().toISOString().replace(/[:.]/g, '-')}`
	await rename(place.dataDir, aside)
	return aside
}

/** @throws EmbeddedPostgresError `other-version` when these programs cannot read the data. */
export async function requireSameMajor(place: Place, binaries: Binaries): Promise<void> {
	const written = Number.parseInt(await readFile(join(place.dataDir, 'PG_VERSION'), 'utf8'), 10)
	if (written === binaries.major) return
	throw new EmbeddedPostgresError(
		'other-version',
		`The data folder ${place.dataDir} was written by PostgreSQL ${written}, but the programs are version ${binaries.major}; use those of version ${written} through PG_BIN_DIR, or move the folder away.`,
	)
}

export interface NewDataFolder {
	readonly place: Place
	readonly binaries: Binaries
	readonly password: string
	/** Wait until everything is on disk; not for data that need not survive a power cut. */
	readonly durable: boolean
	/** Breaks it off: nothing is left of it. */
	readonly signal?: AbortSignal | undefined
}

/** Creates the data folder with the service's role and database. It appears whole or, after a crash, not at all. */
export async function createDataFolder(wanted: NewDataFolder): Promise<void> {
	const { place } = wanted
	const draft = `${place.dataDir}.${process.pid}.${randomBytes(4).toString('hex')}`
	await mkdir(draft, { mode: 0o700 })
	if (place.account) await chown(draft, place.account.uid, place.account.gid)
	try {
		await initialise(draft, wanted)
		await rename(draft, place.dataDir)
	} catch (error) {
		await rm(draft, { recursive: true, force: true })
		const code = (error as NodeJS.ErrnoException).code
		// Another start of the same state folder was quicker; the password is the same.
		if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
	}
}

async function initialise(dir: string, wanted: NewDataFolder): Promise<void> {
	const { place, binaries, password, durable, signal } = wanted
	const options = ['-U', 'postgres', '-A', 'reject', '-E', 'UTF8', '--locale=C', '--no-instructions']
	const created = await run(binaries.initdb, ['-D', dir, ...options, ...(durable ? [] : THROWAWAY)], place, { signal })
	if (created.exitCode !== 0) throw failed('could not be initialised', created.output)
	await writeFile(join(dir, 'pg_hba.conf'), HOST_RULES)
	await writeFile(join(dir, MARK_FILE), passwordMark(password))
	await createServiceRole(dir, wanted)
}

/** In single-user mode, so that the password is on no command line and the superuser never needs a login. */
async function createServiceRole(dir: string, wanted: NewDataFolder): Promise<void> {
	const { place, binaries, password, durable, signal } = wanted
	const statements = [
		`CREATE ROLE ${SERVICE_ROLE} LOGIN CREATEDB CREATEROLE PASSWORD '${password}'`,
		`CREATE DATABASE ${SERVICE_ROLE} OWNER ${SERVICE_ROLE}`,
	]
	const { exitCode, output } = await run(
		binaries.postgres,
		['--single', '-D', dir, '-c', 'exit_on_error=on', '-c', `fsync=${durable ? 'on' : 'off'}`, 'postgres'],
		place,
		{ input: `${statements.join(';\n')};\n`, signal },
	)
	if (exitCode !== 0) throw failed('could not be given its role', output.replaceAll(password, '[redacted]'))
}

function failed(what: string, output: string): EmbeddedPostgresError {
	const lines = output.trim().split('\n')
	const cause = lines.findLast((line) => /error|fatal|could not|cannot/i.test(line)) ?? lines.at(-1) ?? ''
	return new EmbeddedPostgresError('start-failed', `The embedded database ${what}: ${cause.trim()}`)
}
