import { buildRequest, type HeaderPair, type SipRequest } from '@vigil/sip'

export interface RequestOverrides {
	readonly method?: string
	readonly uri?: string
	readonly to?: string
	readonly maxForwards?: string | undefined
	readonly headers?: readonly HeaderPair[]
}

/** A request as it comes from a worker or a device, a dialog-forming INVITE unless told otherwise. */
export function sampleRequest(overrides: RequestOverrides = {}): SipRequest {
	const method = overrides.method ?? 'INVITE'
	const maxForwards = 'maxForwards' in overrides ? overrides.maxForwards : '70'
	const headers: HeaderPair[] = [
		['Via', 'SIP/2.0/TCP 10.1.1.1:5080;branch=z9hG4bKabc'],
		['From', '<sip:caller@example.com>;tag=from-1'],
		['To', overrides.to ?? '<sip:callee@example.com>'],
		['Call-ID', 'call-1'],
		['CSeq', `1 ${method}`],
		...(maxForwards === undefined ? [] : [['Max-Forwards', maxForwards] as const]),
		...(overrides.headers ?? []),
	]
	return buildRequest({ method, uri: overrides.uri ?? 'sip:callee@192.0.2.9:4444', headers })
}
