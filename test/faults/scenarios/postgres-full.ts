import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, open, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@vigil/testkit'
import { CannotMakeFault, type Fault } from './fault.ts'

const SIZE_MIB = 512
const PIECE = Buffer.alloc(1 << 20)
const LAST_PIECE = Buffer.alloc(4096)

/** A PostgreSQL whose disk is full: a small file system in memory, filled by a file that is not the server's. */
export async function fullPostgres(): Promise<Fault> {
	const directory = await smallDisk()
	const ballast = join(directory, 'ballast')
	const server = await startEmbeddedPostgres(directory).catch(async (error: unknown) => {
		await dismount(directory)
		throw error
	})
	return {
		settings: { DATABASE_URL: server.url },
		begin: () => fill(ballast),
		heal: () => rm(ballast, { force: true }),
		close: async () => {
			await server.stop()
			await dismount(directory)
		},
	}
}

async function smallDisk(): Promise<string> {
	const directory = await mkdtemp(join(tmpdir(), 'vigil-full-disk-'))
	const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m,mode=755`, 'tmpfs', directory], {
		encoding: 'utf8',
	})
	if (made.status === 0) {
		// The server runs as another user, who has to get there.
		await chmod(directory, 0o755)
		return directory
	}
	await rmdir(directory)
	const why = made.error?.message ?? made.stderr.trim()
	throw new CannotMakeFault(`a disk that can be filled takes the right to mount one (Linux, root): ${why}`)
}

async function dismount(directory: string): Promise<void> {
	spawnSync('umount', ['-l', directory])
	await rm(directory, { recursive: true, force: true })
}

async function fill(path: string): Promise<void> {
	const file = await open(path, 'w')
	try {
		for (const piece of [PIECE, LAST_PIECE]) {
			try {
				for (;;) await file.write(piece)
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
			}
		}
	} finally {
		await file.close().catch(() => {})
	}
}
