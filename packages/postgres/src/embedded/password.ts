import { createHash, randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ignore } from './place.ts'

const FILE = 'postgres-password'

/** Reads the password of the state folder's server, or makes one; of two that do so at once, one wins and both use it. */
export async function ensurePassword(stateDir: string): Promise<string> {
	const file = passwordFile(stateDir)
	const known = await readFile(file, 'utf8').catch(ignore('ENOENT'))
	if (known !== undefined) return known
	const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
	await writeFile(draft, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' })
	await link(draft, file).catch(ignore('EEXIST'))
	await rm(draft)
	return readFile(file, 'utf8')
}

export function passwordFile(stateDir: string): string {
	return join(stateDir, FILE)
}

/** Recognises the data folder that goes with a password; the password is random, so its hash gives nothing away. */
export function passwordMark(password: string): string {
	return createHash('sha256').update(`vigil data folder ${password}`).digest('hex')
}
