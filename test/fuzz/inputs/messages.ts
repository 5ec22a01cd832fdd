/**
 * Places in a message that a target fills with what is true there at that moment, so that changed messages still
 * reach a call or a registration: 32 characters at most, never part of a valid message by themselves.
 */
export const PLACES = ['TOKEN', 'CALL', 'FROM', 'TO', 'BRANCH', 'PORT', 'DEVICE', 'ROUTE', 'CSEQ', 'SENTBY'] as const
export type Place = (typeof PLACES)[number]

/** The bytes with every place filled; places without a value stay as they are. */
export function fill(bytes: Buffer, values: Readonly<Partial<Record<Place, string>>>): Buffer {
	if (!bytes.includes('{{')) return bytes
	const text = bytes.toString('latin1').replace(/\{\{([A-Z]+)\}\}/g, (whole, place: Place) => values[place] ?? whole)
	return Buffer.from(text, 'latin1')
}

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n'

interface Parts {
	readonly via?: string
	readonly from?: string
	readonly to?: string
	readonly callId?: string
	readonly cseq?: string
	readonly more?: readonly string[]
	readonly body?: string
}

function message(startLine: string, method: string, parts: Parts = {}): Buffer {
	const { body = '' } = parts
	return Buffer.from(
		[
			startLine,
			`Via: SIP/2.0/UDP ${parts.via ?? '127.0.0.1:{{PORT}};rport;branch=z9hG4bK-{{BRANCH}}'}`,
			'Max-Forwards: 70',
			`From: ${parts.from ?? '"Ann" <sip:ann@pbx.example>;tag={{FROM}}'}`,
			`To: ${parts.to ?? '<sip:held@push.example>'}`,
			`Call-ID: ${parts.callId ?? '{{BRANCH}}@pbx.example'}`,
			`CSeq: ${parts.cseq ?? '1'} ${method}`,
			...(parts.more ?? []),
			...(body === '' ? [] : ['Content-Type: application/sdp']),
			`Content-Length: ${Buffer.byteLength(body)}`,
			'',
			body,
		].join('\r\n'),
	)
}

function request(method: string, parts: Parts = {}, uri = 'sip:{{TOKEN}}@127.0.0.1'): Buffer {
	return message(`${method} ${uri} SIP/2.0`, method, parts)
}

/** Of the call that is under way. */
function inCall(method: string, parts: Parts = {}): Buffer {
	return request(method, {
		from: '"Ann" <sip:ann@pbx.example>;tag={{FROM}}',
		to: '<sip:held@push.example>;tag={{TO}}',
		callId: '{{CALL}}',
		cseq: '{{CSEQ}}',
		...parts,
	})
}

/** To the last request that the target sent there. */
function response(status: number, method: string, more: readonly string[] = [], body = ''): Buffer {
	return message(`SIP/2.0 ${status} Something`, method, {
		via: '{{SENTBY}};branch={{BRANCH}}',
		from: '<sip:held@pbx.example>;tag={{FROM}}',
		to: '<sip:held@pbx.example>;tag={{TO}}',
		callId: '{{CALL}}',
		cseq: '{{CSEQ}}',
		more,
		body,
	})
}

const CONTACT = 'Contact: <sip:ann@127.0.0.1:{{PORT}}>'
const DIGEST = 'realm="pbx.example", nonce="{{BRANCH}}", qop="auth,auth-int", opaque="x"'
const CREDENTIALS =
	'username="{{DEVICE}}", realm="vigil", nonce="{{BRANCH}}", uri="sip:push.example", response="0123456789abcdef0123456789abcdef", nc=00000001, cnonce="c", qop=auth, algorithm=MD5'

/** Valid messages of every kind that passes through the service. */
export const MESSAGES: readonly Buffer[] = [
	request('INVITE', {
		more: [CONTACT, 'Supported: 100rel, timer, path', 'Session-Expires: 1800;refresher=uac'],
		body: SDP,
	}),
	request('INVITE', {
		more: [
			CONTACT,
			'Record-Route: <sip:127.0.0.1;lr>, <sip:p2.example;lr>',
			'P-Asserted-Identity: "A" <tel:+15550100>',
		],
	}),
	request('OPTIONS'),
	request('MESSAGE', { more: ['Content-Type: text/plain'] }),
	request('CANCEL', { callId: '{{CALL}}' }),
	inCall('CANCEL'),
	inCall('ACK'),
	inCall('BYE', { more: ['Reason: Q.850;cause=16;text="Terminated"'] }),
	inCall('BYE', { more: ['Route: <{{ROUTE}}>'] }),
	inCall('INFO', { more: ['Route: <{{ROUTE}}>'] }),
	inCall('INVITE', { more: ['Route: <{{ROUTE}}>', CONTACT], body: SDP }),
	inCall('INVITE', { more: [CONTACT], body: SDP }),
	inCall('UPDATE', { more: [CONTACT], body: SDP }),
	inCall('PRACK', { more: ['RAck: 1 1 INVITE'] }),
	inCall('INFO', { more: ['Info-Package: dtmf', 'Content-Type: application/dtmf-relay'] }),
	inCall('REFER', {
		more: ['Refer-To: <sip:carol@pbx.example?Replaces=12345%40x%3Bto-tag%3D1>', 'Referred-By: <sip:ann@pbx.example>'],
	}),
	inCall('NOTIFY', {
		more: ['Event: refer', 'Subscription-State: active;expires=60', 'Content-Type: message/sipfrag'],
	}),
	request('REGISTER', { more: [CONTACT, 'Expires: 60'] }, 'sip:push.example'),
	request(
		'REGISTER',
		{
			from: '<sip:{{DEVICE}}@devices.example>;tag=1',
			to: '<sip:{{DEVICE}}@devices.example>',
			more: [
				'Contact: <sip:x@127.0.0.1;transport=ws>;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>";reg-id=1;expires=300',
				'Supported: outbound, path, gruu',
				`Authorization: Digest ${CREDENTIALS}`,
			],
		},
		'sip:devices.example',
	),
	request(
		'REGISTER',
		{
			from: '<sip:{{DEVICE}}@devices.example>;tag=1',
			to: '<sip:{{DEVICE}}@devices.example>',
			more: ['Contact: *', 'Expires: 0'],
		},
		'sip:devices.example',
	),
	request('INVITE', { more: ['Route: <{{ROUTE}}>', CONTACT], body: SDP }, 'sip:{{DEVICE}}@127.0.0.1'),
	request('OPTIONS', { more: ['Route: <{{ROUTE}}>, <sip:127.0.0.1:{{PORT}};lr>'] }, 'sip:{{DEVICE}}@127.0.0.1'),
	response(100, 'REGISTER'),
	response(200, 'REGISTER', [
		'Contact: <sip:held@127.0.0.1>;expires=60, <sip:other@192.0.2.9>;expires=3600',
		'Service-Route: <sip:p.example;lr>',
		'Path: <sip:q.example;lr>',
	]),
	response(200, 'REGISTER', [
		'Contact: <sip:{{TOKEN}}@{{SENTBY}}>;expires=60',
		'Authentication-Info: nextnonce="n2", qop=auth, rspauth="0"',
	]),
	response(302, 'REGISTER', ['Contact: <sip:127.0.0.1:{{PORT}}>']),
	response(401, 'REGISTER', [
		`WWW-Authenticate: Digest ${DIGEST}, algorithm=SHA-256`,
		`WWW-Authenticate: Digest ${DIGEST}, algorithm=MD5, stale=true`,
	]),
	response(407, 'REGISTER', [`Proxy-Authenticate: Digest ${DIGEST}, algorithm=MD5-sess`]),
	response(423, 'REGISTER', ['Min-Expires: 90']),
	response(503, 'REGISTER', ['Retry-After: 5 (soon);duration=60']),
	response(403, 'REGISTER', ['Warning: 399 pbx.example "no"']),
	response(180, 'INVITE', [CONTACT, 'RSeq: 1', 'Require: 100rel']),
	response(183, 'INVITE', [CONTACT], SDP),
	response(200, 'INVITE', [CONTACT, 'Allow: INVITE, ACK, BYE'], SDP),
	response(486, 'INVITE', ['Reason: SIP;cause=600;text="Busy Everywhere"']),
	response(200, 'BYE'),
	response(481, 'CANCEL'),
]
