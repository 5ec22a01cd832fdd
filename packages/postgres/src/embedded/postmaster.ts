import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EmbeddedPostgresError } from './embedded-error.ts'
import { ignore, type Place } from './place.ts'

/** A running server process, as its `postmaster.pid` describes it. */
export interface Postmaster {
	readonly pid: number
	readonly port: number
	/** `starting`, `ready`, `stopping` or `standby`; empty in the first moments. */
	readonly status: string
}

const POLL_MS = 5
const FAST_STOP_MS = 10_000
const IMMEDIATE_STOP_MS = 5_000

/** The server that runs on this data folder now. A file left by a crash or a reboot is removed. */
export async function findPostmaster(place: Place): Promise<Postmaster | undefined> {
	const found = await readPostmaster(place)
	if (!found) return undefined
	if (isAlive(found.pid) && (await servesData(found.pid, place))) return found
	await rm(pidFile(place), { force: true })
	return undefined
}

/** Reads `postmaster.pid` as it is; undefined when absent or not yet complete. */
export async function readPostmaster(place: Place): Promise<Postmaster | undefined> {
	const text = await readFile(pidFile(place), 'utf8').catch(ignore('ENOENT'))
	const lines = text?.split('\n') ?? []
	const [pid, port] = [Number(lines[0]), Number(lines[3])]
	if (!pid || !port) return undefined
	return { pid, port, status: lines[7]?.trim() ?? '' }
}

/** Waits until `condition` gives something or the time is over. The server offers files, no events, so this looks again and again. */
export async function poll<T>(condition: () => Promise<T | undefined>, limitMs: number): Promise<T | undefined> {
	const end = performance.now() + limitMs
	for (;;) {
		const result = await condition()
		if (result !== undefined || performance.now() > end) return result
		await pause(POLL_MS)
	}
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk when this resolves. */
export async function stopPostmaster(place: Place, pid: number): Promise<void> {
	if (await signalled(place, pid, 'SIGINT', FAST_STOP_MS)) return
	if (await signalled(place, pid, 'SIGQUIT', IMMEDIATE_STOP_MS)) return
	throw new EmbeddedPostgresError(
		'start-failed',
		`The embedded database (process ${pid}) does not stop; its log is ${place.logFile}.`,
	)
}

/** The file goes last of all; a process that cannot be reaped by its new parent may outlive it as a zombie. */
async function signalled(place: Place, pid: number, signal: NodeJS.Signals, limitMs: number): Promise<boolean> {
	if (!isAlive(pid)) return true
	process.kill(pid, signal)
	const gone = await poll(async () => {
		const current = await readPostmaster(place)
		return !isAlive(pid) || current?.pid !== pid ? true : undefined
	}, limitMs)
	return gone === true
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0)
		return true
	} catch {
		return false
	}
}

function pidFile(place: Place): string {
	return join(place.dataDir, 'postmaster.pid')
}

/** After a reboot, or in a new container, another process may have the number; only Linux tells. */
async function servesData(pid: number, place: Place): Promise<boolean> {
	if (!existsSync('/proc/self/cmdline')) return true
	const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)
	return commandLine === undefined || commandLine.split('\0').includes(place.dataDir)
}
