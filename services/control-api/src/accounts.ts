import type { AccountAttributesInput, ChangeAccountRequest, Ha1Input } from '@vigil/contracts'
import { type AttributesChange, type Ha1Credential, Secret } from '@vigil/domain'

/** A change of attributes as it stands in a request body. */
export function attributesChange(input: AccountAttributesInput | undefined): AttributesChange {
	return withoutUndefined(input ?? {}) as AttributesChange
}

/** The password or HA1 of a request, if it has one. */
export function credentialOf({ password, ha1 }: Pick<ChangeAccountRequest, 'password' | 'ha1'>): {
	readonly password?: Secret
	readonly ha1?: Ha1Credential
} {
	if (password !== undefined) return { password: new Secret(password) }
	return ha1 === undefined ? {} : { ha1: ha1Of(ha1) }
}

function ha1Of({ realm, ...hashes }: Ha1Input): Ha1Credential {
	const secrets = Object.entries(withoutUndefined(hashes)).map(([name, hash]) => [name, new Secret(hash.toLowerCase())])
	return { realm, ...Object.fromEntries(secrets) }
}

function withoutUndefined<Value>(fields: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Record<string, Value>
}
