import { z } from 'zod'
import { instantSchema, lineOfText } from './scalars.ts'

export const passwordSchema = z.string().min(1).max(256)

function hexOf(digits: number) {
	return z.string().regex(new RegExp(`^[0-9A-Fa-f]{${digits}}$`), `must be ${digits} hexadecimal digits`)
}

/**
 * `H(user:realm:password)` in place of the password (RFC 7616 3.4.2, RFC 8760), by hash algorithm; user is the digest user
 * name. A challenge of another realm, or of an algorithm that is not here, cannot be answered. Write-only; sealed at rest.
 */
export const ha1Schema = z
	.strictObject({
		/** Realm of the upstream server's challenges. */
		realm: lineOfText(255),
		md5: hexOf(32).optional(),
		sha256: hexOf(64).optional(),
		sha512_256: hexOf(64).optional(),
	})
	.refine(({ md5, sha256, sha512_256 }) => md5 !== undefined || sha256 !== undefined || sha512_256 !== undefined, {
		error: 'must have md5, sha256 or sha512_256',
	})
	.meta({ id: 'Ha1' })

/** What is known of a credential; it can never be read again. */
export const credentialStateSchema = z
	.object({
		/** `none` while push is off. */
		kind: z.enum(['password', 'ha1', 'none']),
		/** When it was handed in. */
		since: instantSchema.optional(),
		/** Warnings that it will be deleted, since a device of the account was last heard of. */
		warnedAt: z.array(instantSchema),
		/** When and why the last one was deleted, while there is none. */
		deletedAt: instantSchema.optional(),
		deletedBecause: z.enum(['push-off', 'inactive']).optional(),
	})
	.meta({ id: 'CredentialState' })

export type Ha1Input = z.infer<typeof ha1Schema>
export type CredentialStateView = z.infer<typeof credentialStateSchema>
