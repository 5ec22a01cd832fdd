import { buildRequest, type SipRequest } from '@vigil/sip'
import type { RegistrationSettings } from './types.ts'

/** CSeq numbers that one lease epoch may use for one account. */
export const CSEQ_RANGE = 2 ** 20

/**
 * A REGISTER for our own contact only (RFC 3261 10.2): `expiresSeconds` 0 removes it, and never `*`,
 * so that a device's own binding is left alone.
 */
export function buildRegister(settings: RegistrationSettings, cseqCount: number, expiresSeconds: number): SipRequest {
	return buildRequest({
		method: 'REGISTER',
		uri: settings.registrarUri,
		headers: [
			['Max-Forwards', '70'],
			['From', `<${settings.aor}>;tag=${settings.fromTag}`],
			['To', `<${settings.aor}>`],
			['Call-ID', settings.callId],
			['CSeq', `${settings.cseqBase + cseqCount} REGISTER`],
			['Contact', `<${settings.contactUri}>;expires=${expiresSeconds}`],
			['Expires', String(expiresSeconds)],
			['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, MESSAGE'],
			['Supported', 'path'],
			['User-Agent', 'Vigil'],
		],
	})
}
