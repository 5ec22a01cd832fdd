import { buildRequest, type SipRequest } from '@vigil/sip'
import { PRODUCT } from '../product.ts'
import type { RegisterLines } from './types.ts'

/** CSeq numbers that one lease epoch may use for one account. */
export const CSEQ_RANGE = 2 ** 20

const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY'
/** The options of RFC 3327 and RFC 5626; the second one says nothing where the Contact has no reg-id and is not to. */
const SUPPORTED = 'path, outbound'
const WITHOUT_OUTBOUND = 'path'
const ourselves = (supported: string) => `Allow: ${ALLOW}\r\nSupported: ${supported}\r\nUser-Agent: ${PRODUCT}\r\n`
const OURSELVES = ourselves(SUPPORTED)
const OURSELVES_WITHOUT_OUTBOUND = ourselves(WITHOUT_OUTBOUND)

/**
 * A REGISTER for our own contact only (RFC 3261 10.2): `expiresSeconds` 0 removes it, and never `*`,
 * so that a device's own binding is left alone. Without `expiresSeconds` it has no Contact and only
 * asks for the bindings (10.2.3).
 */
export function buildRegister(lines: RegisterLines, cseqCount: number, expiresSeconds: number | undefined): SipRequest {
	const bound: [string, string][] =
		expiresSeconds === undefined
			? []
			: [
					['Contact', `<${lines.contactUri}>${lines.contactParams ?? ''};expires=${expiresSeconds}`],
					['Expires', String(expiresSeconds)],
				]
	return buildRequest({
		method: 'REGISTER',
		uri: lines.registrarUri,
		headers: [
			['Max-Forwards', '70'],
			['From', `<${lines.aor}>;tag=${lines.fromTag}`],
			['To', `<${lines.aor}>`],
			['Call-ID', lines.callId],
			['CSeq', `${lines.cseqBase + cseqCount} REGISTER`],
			...bound,
			['Allow', ALLOW],
			['Supported', lines.withoutOutbound ? WITHOUT_OUTBOUND : SUPPORTED],
			['User-Agent', PRODUCT],
		],
	})
}

/** What only the moment of sending knows. */
export interface RegisterEnvelope {
	/** Our Via value, branch included. */
	readonly via: string
	/** Whole header lines, each with its CR LF: credentials. */
	readonly credentials: string
}

/** The same REGISTER as `buildRegister` makes, written at once as text. */
export function registerText(
	lines: RegisterLines,
	cseqCount: number,
	expiresSeconds: number | undefined,
	envelope: RegisterEnvelope,
): string {
	const bound =
		expiresSeconds === undefined
			? ''
			: `Contact: <${lines.contactUri}>${lines.contactParams ?? ''};expires=${expiresSeconds}\r
Expires: ${expiresSeconds}\r
`
	return `REGISTER ${lines.registrarUri} SIP/2.0\r
Via: ${envelope.via}\r
Max-Forwards: 70\r
From: <${lines.aor}>;tag=${lines.fromTag}\r
To: <${lines.aor}>\r
Call-ID: ${lines.callId}\r
CSeq: ${lines.cseqBase + cseqCount} REGISTER\r
${bound}${lines.withoutOutbound ? OURSELVES_WITHOUT_OUTBOUND : OURSELVES}${envelope.credentials}Content-Length: 0\r
\r
`
}
