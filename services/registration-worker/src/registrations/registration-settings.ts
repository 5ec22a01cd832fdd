import { createHmac } from 'node:crypto'
import { type Account, addressOfRecord, type RegistrationSettings } from '@vigil/domain'

/** Bits of a CSeq number left to one lease epoch. */
const EPOCH_STEP = 2 ** 20

/**
 * What the registration machine needs to know of an account. Call-ID, From tag and phase are keyed hashes,
 * so that a new owner of the account continues the same registration without reading anything.
 */
export function registrationSettings(
	account: Account,
	contactHostPort: string,
	identitySecret: string,
	leaseEpoch: number,
): RegistrationSettings {
	const hash = (purpose: string) =>
		createHmac('sha256', identitySecret).update(`${purpose}|${account.id}|${account.registrationGeneration}`).digest()
	const transport = account.transport === 'udp' ? '' : `;transport=${account.transport}`
	const contactUri = `sip:${account.contactToken}@${contactHostPort}${transport}`
	return {
		aor: addressOfRecord(account),
		registrarUri: `sip:${account.domain}`,
		contactUri,
		expiresSeconds: account.attributes.registrationRefreshSeconds,
		callId: hash('call-id').toString('base64url').slice(0, 32),
		fromTag: hash('tag').toString('base64url').slice(0, 12),
		cseqBase: leaseEpoch * EPOCH_STEP,
		phase: hash('phase').readUInt32BE(0) / 2 ** 32,
		revision: revisionOf(account, contactUri),
		generation: account.registrationGeneration,
	}
}

// What a device states raises the account's version too, so the version itself would be too much.
function revisionOf(account: Account, contactUri: string): string {
	const { registrationRefreshSeconds, outboundProxy, natEmulation } = account.attributes
	return JSON.stringify([
		contactUri,
		account.username,
		account.domain,
		account.authUsername ?? '',
		account.transport,
		registrationRefreshSeconds,
		outboundProxy ?? '',
		natEmulation,
		account.registrationGeneration,
		account.credentialVersion,
	])
}
