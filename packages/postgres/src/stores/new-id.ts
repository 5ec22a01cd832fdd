import { randomBytes } from 'node:crypto'

/** A random id that says what it names: `acc_` and 22 base64url characters (128 bits). The caller brands it. */
export function newId(prefix: 'ten' | 'key' | 'app' | 'acc' | 'dev' | 'tok'): string {
	return `${prefix}_${randomBytes(16).toString('base64url')}`
}
