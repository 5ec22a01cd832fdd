import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { EmbeddedPostgresError } from './embedded-error.ts'

/** The operating system's account that the server runs as; PostgreSQL refuses to run as root. */
interface ServerAccount {
	readonly uid: number
	readonly gid: number
}

/** Where the server of one state folder keeps its files. */
export interface Place {
	readonly dir: string
	readonly dataDir: string
	readonly logFile: string
	/** Present when we are root and must hand the server to another account. */
	readonly account?: ServerAccount
}

const SYSTEM_BASE = '/var/lib'
const OVERFLOW_ID = 65534

/**
 * Chooses and creates the place that belongs to the state folder: inside it, or, for root, in a folder that the
 * server's unprivileged account can reach, named by a hash of the state folder's path.
 *
 * @throws EmbeddedPostgresError `no-place` when root has no folder that others can reach.
 */
export async function preparePlace(stateDir: string): Promise<Place> {
	await mkdir(stateDir, { recursive: true, mode: 0o700 })
	const state = await realpath(stateDir)
	if (process.getuid?.() !== 0) {
		const dir = join(state, 'postgres')
		await mkdir(dir, { recursive: true, mode: 0o700 })
		return placeAt(dir)
	}
	const name = `vigil-${createHash('sha256').update(state).digest('hex').slice(0, 16)}`
	const dir = await firstUsable((await sharedBases(state)).map((base) => join(base, name)))
	return { ...placeAt(dir), account: await nobody() }
}

/**
 * Creates a folder that everybody can read and only root can change.
 *
 * @throws EmbeddedPostgresError `no-place` when somebody else owns what is there already.
 */
export async function makeRootFolder(dir: string): Promise<void> {
	await mkdir(dir, { mode: 0o755 }).catch(ignore('EEXIST'))
	const found = await lstat(dir)
	// In a folder such as /tmp anybody could have put this name there before us.
	if (!found.isDirectory() || found.uid !== 0 || (found.mode & 0o022) !== 0) {
		throw new EmbeddedPostgresError(
			'no-place',
			`The folder ${dir} belongs to somebody else; remove it and start again.`,
		)
	}
	await chmod(dir, 0o755)
}

/** Swallows the one expected error of a file operation. */
export function ignore(code: string): (error: NodeJS.ErrnoException) => undefined {
	return (error) => {
		if (error.code !== code) throw error
		return undefined
	}
}

function placeAt(dir: string): Place {
	return { dir, dataDir: join(dir, 'data'), logFile: join(dir, 'server.log') }
}

/** A state folder that is temporary keeps its database with the temporary files, so that both vanish together. */
async function sharedBases(stateDir: string): Promise<string[]> {
	const temporary = await realpath(tmpdir())
	const inside = stateDir.startsWith(temporary + sep)
	const candidates = inside ? [temporary, SYSTEM_BASE] : [SYSTEM_BASE, temporary]
	const open = await Promise.all(candidates.map(isReachableByAll))
	return candidates.filter((_, index) => open[index])
}

/** What exists already goes first, so that a base that becomes writable later does not hide the data. */
async function firstUsable(dirs: readonly string[]): Promise<string> {
	const existing = await Promise.all(dirs.map((dir) => lstat(dir).catch(ignore('ENOENT'))))
	const ordered = [...dirs.filter((_, index) => existing[index]), ...dirs.filter((_, index) => !existing[index])]
	for (const dir of ordered) {
		try {
			await makeRootFolder(dir)
			return dir
		} catch (error) {
			if (!isReadOnly(error)) throw error
		}
	}
	const tried = `${SYSTEM_BASE} and ${tmpdir()}`
	throw new EmbeddedPostgresError(
		'no-place',
		`Neither of ${tried} can hold the embedded database of a service run by root; run it as another user or set DATABASE_URL.`,
	)
}

function isReadOnly(error: unknown): boolean {
	const code = (error as NodeJS.ErrnoException).code
	return code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code === 'ENOENT'
}

async function isReachableByAll(dir: string): Promise<boolean> {
	const found = await stat(dir).catch(() => undefined)
	if (!found?.isDirectory() || (found.mode & 0o001) === 0) return false
	return dirname(dir) === dir || isReachableByAll(dirname(dir))
}

async function nobody(): Promise<ServerAccount> {
	const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '')
	const [, uid, gid] = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(accounts) ?? []
	// macOS writes -2 for 4294967294.
	return { uid: Number(uid ?? OVERFLOW_ID) >>> 0, gid: Number(gid ?? OVERFLOW_ID) >>> 0 }
}
