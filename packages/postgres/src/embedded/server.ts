import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Binaries } from './binaries.ts'
import { childOptions } from './child.ts'
import { EmbeddedPostgresError } from './embedded-error.ts'
import type { Place } from './place.ts'
import { type Postmaster, poll, readPostmaster } from './postmaster.ts'

export type ServerSettings = Readonly<Record<string, string>>

const READY_LIMIT_MS = 60_000

const SETTINGS: ServerSettings = {
	listen_addresses: '127.0.0.1',
	unix_socket_directories: '',
	jit: 'off',
	// Statements that fail are the service's business; the log stays short enough to need no rotation.
	log_min_messages: 'log',
	log_checkpoints: 'off',
}

/**
 * Starts the server and waits until it accepts connections. It runs in a session of its own: Ctrl-C in a terminal
 * reaches the service, which stops the database last.
 *
 * @throws EmbeddedPostgresError `port-taken` or `start-failed`.
 */
export async function startServer(
	place: Place,
	binaries: Binaries,
	port: number,
	settings: ServerSettings,
): Promise<Postmaster> {
	const parameters = Object.entries({ ...SETTINGS, ...settings, port: String(port) })
	const args = ['-D', place.dataDir, ...parameters.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
	const log = await open(place.logFile, 'w', 0o600)
	try {
		const child = spawn(binaries.postgres, args, {
			...childOptions(place),
			detached: true,
			stdio: ['ignore', log.fd, log.fd],
		})
		child.unref()
		return await ready(child, place, port)
	} finally {
		await log.close()
	}
}

/** A port of 127.0.0.1 that is free at this moment. */
export function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const probe = createServer()
		probe.on('error', reject)
		probe.listen(0, '127.0.0.1', () => {
			const address = probe.address()
			probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
		})
	})
}

async function ready(child: ChildProcess, place: Place, port: number): Promise<Postmaster> {
	let ended = false
	child.once('error', () => {
		ended = true
	})
	child.once('exit', () => {
		ended = true
	})
	const outcome = await poll<Postmaster | 'ended'>(async () => {
		const found = await readPostmaster(place)
		if (found?.pid === child.pid && found?.status === 'ready') return found
		return ended ? 'ended' : undefined
	}, READY_LIMIT_MS)
	if (outcome === undefined || outcome === 'ended') throw await startFault(place, port)
	return outcome
}

async function startFault(place: Place, port: number): Promise<EmbeddedPostgresError> {
	const lines = (await readFile(place.logFile, 'utf8')).trim().split('\n')
	if (lines.some((line) => /could not bind .*address already in use/i.test(line))) {
		return new EmbeddedPostgresError('port-taken', `Port ${port} of 127.0.0.1 is taken by another program.`)
	}
	const cause = lines.findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? lines.at(-1) ?? ''
	return new EmbeddedPostgresError(
		'start-failed',
		`The embedded database did not start: ${cause.replace(/^.*?(FATAL|PANIC):\s*/, '')} (log: ${place.logFile})`,
	)
}
