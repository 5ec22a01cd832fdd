import { hash } from 'node:crypto'
import type { Account, RegistrationSettings } from '@vigil/domain'

/**
 * What the registration machine needs to know of an account. The phase is a hash of its id (ADR 3), so that a new
 * owner of the account goes on in the same rhythm without reading anything.
 */
export function registrationSettings(account: Account, contactHostPort: string, phase: number): RegistrationSettings {
	return {
		expiresSeconds: account.attributes.registrationRefreshSeconds,
		phase,
		revision: revisionOf(account, contactHostPort),
		generation: account.registrationGeneration,
	}
}

// What a device states raises the account's version too, so the version itself would be too much.
function revisionOf(account: Account, contactHostPort: string): number {
	const { registrationRefreshSeconds, outboundProxy, natEmulation } = account.attributes
	const text = JSON.stringify([
		contactHostPort,
		account.contactToken,
		account.username,
		account.domain,
		account.authUsername ?? '',
		account.transport,
		account.webSocketPath ?? '',
		registrationRefreshSeconds,
		outboundProxy ?? '',
		natEmulation,
		account.registrationGeneration,
		account.credentialVersion ?? 0,
	])
	// 48 bits: a number that holds exactly, and two revisions of one account do not meet in it.
	return Number.parseInt(hash('sha256', text, 'hex').slice(0, 12), 16)
}
