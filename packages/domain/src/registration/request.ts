import { buildRequest, type SipRequest } from '@vigil/sip'
import { PRODUCT } from '../product.ts'
import type { RegisterLines } from './types.ts'

/** CSeq numbers that one fencing token may use for one account. */
export const CSEQ_RANGE = 2 ** 20

const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY'
/** The options of RFC 3327 and RFC 5626; the second one says nothing where the Contact has no reg-id and is not to. */
const SUPPORTED = 'path, outbound'
const WITHOUT_OUTBOUND = 'path'
const ourselves = (supported: string) => `Allow: ${ALLOW}\r\nSupported: ${supported}\r\nUser-Agent: ${PRODUCT}\r\n`
const OURSELVES = ourselves(SUPPORTED)
const OURSELVES_WITHOUT_OUTBOUND = ourselves(WITHOUT_OUTBOUND)

/** How a REGISTER says what becomes of our contact; the plain form unless given. */
export interface RegisterForm {
	/** The contact that it removes beside ours. */
	readonly replacing?: string | undefined
	/** Further ones of our own that go with it, those that earlier connections have left (`remnants`). */
	readonly removes?: readonly string[] | undefined
	/** A removal has the Expires header too. */
	readonly expiresHeader?: boolean | undefined
}

const PLAIN: RegisterForm = {}

/**
 * The Contact field. A removal says so by the parameter alone: some servers take `Expires: 0` for every contact of the user,
 * those that are not named included. A swap has ours first, as there are servers that read the first one alone.
 */
function contactValue(lines: RegisterLines, expiresSeconds: number, form: RegisterForm): string {
	const { contactUri, contactParams = '' } = lines
	const ours = `<${contactUri}>${contactParams};expires=${expiresSeconds}`
	return removesOthers(form) ? `${ours}${removed(contactUri, form)}` : ours
}

/** What goes beside our contact: never that itself. */
function removed(contactUri: string, { replacing, removes = [] }: RegisterForm): string {
	const uris = replacing === undefined ? removes : [replacing, ...removes]
	return uris.map((uri) => (uri === contactUri ? '' : `, <${uri}>;expires=0`)).join('')
}

function removesOthers({ replacing, removes }: RegisterForm): boolean {
	return replacing !== undefined || (removes !== undefined && removes.length > 0)
}

/** Whether there is an Expires field, which speaks for every contact. */
function hasExpires({ contactUri }: RegisterLines, expiresSeconds: number, form: RegisterForm): boolean {
	if (removesOthers(form) && removed(contactUri, form) !== '') return false
	return expiresSeconds > 0 || form.expiresHeader === true
}

/**
 * A REGISTER for our own contact (RFC 3261 10.2): `expiresSeconds` 0 removes it, and never `*`, so that a device's own
 * binding is left alone unless the form names it. Without `expiresSeconds` it has no Contact and only asks for the bindings
 * (10.2.3).
 */
export function buildRegister(
	lines: RegisterLines,
	cseqCount: number,
	expiresSeconds: number | undefined,
	form: RegisterForm = PLAIN,
): SipRequest {
	const bound: [string, string][] = []
	if (expiresSeconds !== undefined) {
		bound.push(['Contact', contactValue(lines, expiresSeconds, form)])
		if (hasExpires(lines, expiresSeconds, form)) bound.push(['Expires', String(expiresSeconds)])
	}
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
	form: RegisterForm = PLAIN,
): string {
	const contact = expiresSeconds === undefined ? '' : `Contact: ${contactValue(lines, expiresSeconds, form)}\r\n`
	const expires =
		expiresSeconds !== undefined && hasExpires(lines, expiresSeconds, form) ? `Expires: ${expiresSeconds}\r\n` : ''
	return `REGISTER ${lines.registrarUri} SIP/2.0\r
Via: ${envelope.via}\r
Max-Forwards: 70\r
From: <${lines.aor}>;tag=${lines.fromTag}\r
To: <${lines.aor}>\r
Call-ID: ${lines.callId}\r
CSeq: ${lines.cseqBase + cseqCount} REGISTER\r
${contact}${expires}${lines.withoutOutbound ? OURSELVES_WITHOUT_OUTBOUND : OURSELVES}${envelope.credentials}Content-Length: 0\r
\r
`
}
