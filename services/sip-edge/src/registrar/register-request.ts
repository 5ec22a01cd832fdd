import type { DeviceId } from '@vigil/domain'
import {
	callIdOf,
	canonicalHost,
	headerList,
	parseCSeq,
	parseDeltaSeconds,
	parseNameAddr,
	parseUri,
	type SipRequest,
	type SipUri,
	unescapeUriPart,
	unsupportedOptions,
	validateMessage,
} from '@vigil/sip'
import { type RegisterContacts, readContacts } from './contacts.ts'

/** What a REGISTER asks for. */
export interface RegisterRequest {
	readonly deviceId: DeviceId
	readonly method: string
	/** The Request-URI as written; the digest covers it. */
	readonly uri: string
	readonly callId: string
	readonly cseq: number
	readonly contacts: RegisterContacts
	readonly expiresSeconds?: number
	/** The device knows RFC 5626 and no other element stands between it and us. */
	readonly outbound: boolean
	/** Authorization fields as written. */
	readonly authorizations: readonly string[]
}

/** A REGISTER that is refused before anybody asks who sent it. */
interface RegisterRefusal {
	readonly status: number
	readonly reason?: string
	readonly headers: readonly (readonly [string, string])[]
}

export type RegisterReading =
	| { readonly ok: true; readonly register: RegisterRequest }
	| { readonly ok: false; readonly refusal: RegisterRefusal }

/** Option tags that a device may demand of us. Path is ignored, so it cannot be demanded. */
const OPTIONS: ReadonlySet<string> = new Set(['outbound'])
const MAX_DEVICE_ID_LENGTH = 128

/**
 * Reads a REGISTER in the order of RFC 3261 10.3. `isOwnHost` knows the domain and the addresses of this edge; the
 * address-of-record must be in the domain either way.
 */
export function readRegister(
	request: SipRequest,
	domain: string,
	isOwnHost: (host: string) => boolean,
): RegisterReading {
	const malformed = validateMessage(request)
	if (malformed) return refuse(400, malformed.detail)
	const target = sipUri(request.uri)
	if (!target) return refuse(416)
	// 10.2: nobody is asked for but the domain.
	if (target.user !== undefined) return refuse(400, 'User Part in the Request-URI of REGISTER')
	if (!isOwnHost(target.host)) return refuse(404, 'Not a Domain of This Registrar')
	const unsupported = unsupportedOptions(request.headers, 'Require', OPTIONS)
	if (unsupported) return refuse(420, undefined, [unsupported])
	const aor = addressOfRecord(request, 'To')
	if (!aor || canonicalHost(aor.host) !== canonicalHost(domain)) return refuse(404)
	const deviceId = aor.user === undefined ? '' : unescapeUriPart(aor.user)
	if (deviceId === '' || deviceId.length > MAX_DEVICE_ID_LENGTH || hasControls(deviceId)) return refuse(404)
	const from = addressOfRecord(request, 'From')
	if (from?.user !== aor.user) return refuse(403, 'Third-Party Registration Refused')
	const contacts = readContacts(request.headers)
	if (!contacts) return refuse(400, 'Bad Contact')
	const expiresSeconds = parseDeltaSeconds(request.headers.get('Expires') ?? '')
	if (contacts === 'all' && expiresSeconds !== 0) return refuse(400, 'Contact * Needs Expires 0')
	return accept(request, deviceId as DeviceId, contacts, expiresSeconds)
}

function accept(
	request: SipRequest,
	deviceId: DeviceId,
	contacts: RegisterContacts,
	expiresSeconds: number | undefined,
): RegisterReading {
	const cseq = parseCSeq(request.headers.get('CSeq') ?? '')
	if (!cseq) return refuse(400, 'Bad CSeq')
	const register: RegisterRequest = {
		deviceId,
		method: request.method,
		uri: request.uri,
		callId: callIdOf(request),
		cseq: cseq.number,
		contacts,
		outbound: knowsOutbound(request),
		authorizations: request.headers.all('Authorization'),
		...(expiresSeconds !== undefined && { expiresSeconds }),
	}
	return { ok: true, register }
}

/** RFC 5626 6: outbound is for the element that has the flow itself, so a second Via rules it out. */
function knowsOutbound(request: SipRequest): boolean {
	if (headerList(request.headers, 'Via').length !== 1) return false
	return ['Supported', 'Require'].some((name) =>
		headerList(request.headers, name).some((option) => option.toLowerCase() === 'outbound'),
	)
}

function addressOfRecord(request: SipRequest, name: 'To' | 'From'): SipUri | undefined {
	const address = parseNameAddr(request.headers.get(name) ?? '')
	return address && sipUri(address.uri)
}

function sipUri(text: string): SipUri | undefined {
	const uri = parseUri(text)
	return uri && (uri.scheme === 'sip' || uri.scheme === 'sips') ? uri : undefined
}

function hasControls(text: string): boolean {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i)
		if (code < 0x20 || code === 0x7f) return true
	}
	return false
}

function refuse(status: number, reason?: string, headers: RegisterRefusal['headers'] = []): RegisterReading {
	return { ok: false, refusal: reason === undefined ? { status, headers } : { status, reason, headers } }
}
