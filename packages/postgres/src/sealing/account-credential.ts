import { type AccountCredential, type Ha1Credential, Secret } from '@vigil/domain'
import type { KeyRing } from './key-ring.ts'
import { accountHa1, accountPassword } from './sealed-columns.ts'

/** A password or an HA1 as handed in; neither where there is nothing new. */
interface NewCredential {
	readonly password?: Secret
	readonly ha1?: Ha1Credential
}

/** The two sealed columns of an account; at most one has a value. */
export interface SealedCredential {
	readonly password: string | null
	readonly ha1: string | null
}

/** Seals what was handed in for the account; both columns are null when nothing was. */
export function sealCredential(keyRing: KeyRing, accountId: string, given: NewCredential): SealedCredential {
	if (given.password !== undefined && given.ha1 !== undefined) {
		throw new TypeError('a credential is a password or an HA1, not both')
	}
	return {
		password: given.password === undefined ? null : keyRing.seal(given.password, accountPassword(accountId)),
		ha1: given.ha1 === undefined ? null : keyRing.seal(textOf(given.ha1), accountHa1(accountId)),
	}
}

/** Opens what `sealCredential` made; undefined when there is nothing. Throws `SealError` when it cannot be opened. */
export function openCredential(
	keyRing: KeyRing,
	accountId: string,
	{ username, password, ha1 }: SealedCredential & { readonly username: string },
): AccountCredential | undefined {
	if (password !== null) return { username, password: keyRing.open(password, accountPassword(accountId)) }
	if (ha1 !== null) return { username, ha1: ha1Of(keyRing.open(ha1, accountHa1(accountId))) }
	return undefined
}

const HASHES = ['md5', 'sha256', 'sha512_256'] as const

function textOf(ha1: Ha1Credential): Secret {
	const hashes = HASHES.map((name) => [name, ha1[name]?.reveal()])
	return new Secret(JSON.stringify({ realm: ha1.realm, ...Object.fromEntries(hashes) }))
}

function ha1Of(text: Secret): Ha1Credential {
	const { realm, ...hashes } = JSON.parse(text.reveal()) as Record<string, string> & { realm: string }
	return { realm, ...Object.fromEntries(Object.entries(hashes).map(([name, hash]) => [name, new Secret(hash)])) }
}
