import type { AccountAttributesInput, ChangeAccountRequest, Ha1Input } from '@vigil/contracts'
import { type AttributesChange, type Ha1Credential, Secret } from '@vigil/domain'
import { invalidField } from './problems/problem-error.ts'

/** Modes that are built; the others are refused, so that nobody believes in a registration that is not held. */
const OFFERED_MODES: readonly number[] = [0]

/**
 * Refuses a mode that is not built yet.
 *
 * @param field How the request names the mode.
 * @throws {RequestProblem} 422 with the rule `offered`.
 */
export function refuseUnofferedMode(mode: number | undefined, field: string): void {
	if (mode === undefined || OFFERED_MODES.includes(mode)) return
	throw invalidField(field, 'offered', `must be 0 (standard): mode ${mode} is not offered yet`)
}

/** A change of attributes as it stands in a request body. */
export function attributesChange(input: AccountAttributesInput | undefined): AttributesChange {
	refuseUnofferedMode(input?.registrationMode, 'attributes.registrationMode')
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
