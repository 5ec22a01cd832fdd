import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const keysSchema = z.object({
	/** Bearer token of the platform administrator. */
	adminToken: z.string().min(24),
	/** Key ring text that seals credentials. */
	keyRing: z.string().min(1),
	/** Keys the hashes behind Call-IDs, tags and client nonces. */
	identitySecret: z.string().min(32),
	/** Keys the edge's nonces and flow tokens. */
	edgeSecret: z.string().min(32),
})

export type GeneratedKeys = z.output<typeof keysSchema>

/** Keys, where they lie, and whether they were made just now. */
export interface KeptKeys {
	readonly keys: GeneratedKeys
	readonly file: string
	readonly isNew: boolean
}

const FILE = 'keys.json'

/**
 * The keys of this installation: read from the state folder, made there on the first start, readable by its
 * owner alone. Throws one plain sentence when the file cannot be used.
 */
export async function generatedKeys(stateDir: string, newKeyRing: () => string): Promise<KeptKeys> {
	const path = join(stateDir, FILE)
	const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') return undefined
		throw new Error(`${path} cannot be read: ${error.message}`)
	})
	if (text !== undefined) return { keys: parseKeys(path, text), file: path, isNew: false }
	const keys: GeneratedKeys = {
		adminToken: `vgl_admin_${secret()}`,
		keyRing: newKeyRing(),
		identitySecret: secret(),
		edgeSecret: secret(),
	}
	await mkdir(stateDir, { recursive: true, mode: 0o700 })
	// Renamed into place: a start that is interrupted leaves no half file.
	await writeFile(`${path}.new`, `${JSON.stringify(keys, undefined, 2)}\n`, { mode: 0o600 })
	await chmod(`${path}.new`, 0o600)
	await rename(`${path}.new`, path)
	return { keys, file: path, isNew: true }
}

function parseKeys(path: string, text: string): GeneratedKeys {
	try {
		return keysSchema.parse(JSON.parse(text))
	} catch {
		throw new Error(
			`${path} is not a file of keys; move it away to have new ones made (sealed credentials are lost then)`,
		)
	}
}

function secret(): string {
	return randomBytes(32).toString('base64url')
}
