import {
	callIdOf,
	formatNameAddr,
	type HeaderPair,
	headerList,
	isWildcardContact,
	type NameAddr,
	paramText,
	parseCSeq,
	parseDeltaSeconds,
	parseNameAddr,
	type SipRequest,
} from '@vigil/sip'
import type { Binding, LocationTable } from './location-table.ts'
import type { WirePeer } from './sip-wire.ts'

export interface RegistrationSettings {
	/** Shorter wishes are refused with 423, except 0. */
	readonly minExpiresSeconds: number
	/** Longer wishes are cut to this. */
	readonly maxExpiresSeconds: number
	/** Granted when the request does not say. */
	readonly defaultExpiresSeconds: number
	/** How many contacts an address-of-record may have. */
	readonly maxBindings: number
	/** What one contact too many does: push out the oldest, or be refused with 403. */
	readonly whenFull: 'replace' | 'refuse'
}

export interface RegisterContact {
	readonly uri: string
	readonly expiresSeconds: number
}

export interface RegisterAnswer {
	readonly status: number
	readonly reason?: string
	readonly headers: readonly HeaderPair[]
}

interface Wish {
	readonly address: NameAddr
	readonly expiresSeconds: number
}

/** The contacts of a REGISTER with the expiry asked for each (RFC 3261 10.2.1.1); empty for a query and for `*`. */
export function registerContacts(request: SipRequest, defaultExpiresSeconds: number): RegisterContact[] {
	return wishes(request, defaultExpiresSeconds).map(({ address, expiresSeconds }) => ({
		uri: address.uri,
		expiresSeconds,
	}))
}

/** Does what an authorised REGISTER asks for, all of it or nothing (RFC 3261 10.3 steps 6 to 8). */
export function applyRegister(
	request: SipRequest,
	aor: string,
	source: WirePeer,
	table: LocationTable,
	settings: RegistrationSettings,
	nowMs: number,
): RegisterAnswer {
	const wildcard = headerList(request.headers, 'Contact').some(isWildcardContact)
	if (wildcard) return removeAll(request, aor, table, nowMs)
	const wanted = wishes(request, settings.defaultExpiresSeconds)
	const refusal = refusalOf(wanted, request, table.of(aor, nowMs), settings)
	if (refusal) return refusal
	for (const wish of wanted) apply(wish, request, aor, source, table, settings, nowMs)
	return { status: 200, headers: currentContacts(request, table.of(aor, nowMs), nowMs) }
}

function wishes(request: SipRequest, defaultExpiresSeconds: number): Wish[] {
	const general = parseDeltaSeconds(request.headers.get('Expires') ?? '') ?? defaultExpiresSeconds
	return headerList(request.headers, 'Contact').flatMap((text) => {
		const address = isWildcardContact(text) ? undefined : parseNameAddr(text)
		if (!address) return []
		return { address, expiresSeconds: parseDeltaSeconds(paramText(address.params, 'expires') ?? '') ?? general }
	})
}

function removeAll(request: SipRequest, aor: string, table: LocationTable, nowMs: number): RegisterAnswer {
	if (parseDeltaSeconds(request.headers.get('Expires') ?? '') !== 0) {
		return { status: 400, reason: 'Wildcard Needs Expires 0', headers: [] }
	}
	if (table.of(aor, nowMs).some((binding) => isOutOfOrder(request, binding))) return outOfOrder()
	table.clear(aor)
	return { status: 200, headers: [] }
}

function refusalOf(
	wanted: readonly Wish[],
	request: SipRequest,
	current: readonly Binding[],
	settings: RegistrationSettings,
): RegisterAnswer | undefined {
	for (const { address, expiresSeconds } of wanted) {
		const known = current.find((binding) => binding.contact === address.uri)
		if (known && isOutOfOrder(request, known)) return outOfOrder()
		if (expiresSeconds > 0 && expiresSeconds < settings.minExpiresSeconds) {
			return { status: 423, headers: [['Min-Expires', String(settings.minExpiresSeconds)]] }
		}
	}
	const after = new Set(current.map((binding) => binding.contact))
	for (const { address, expiresSeconds } of wanted) {
		if (expiresSeconds === 0) after.delete(address.uri)
		else after.add(address.uri)
	}
	if (after.size <= settings.maxBindings || settings.whenFull === 'replace') return undefined
	return { status: 403, reason: 'Too Many Contacts', headers: [] }
}

/** Step 7: of the same registration only a higher CSeq counts; an older one came late. */
function isOutOfOrder(request: SipRequest, binding: Binding): boolean {
	return callIdOf(request) === binding.callId && cseqOf(request) <= binding.cseq
}

function outOfOrder(): RegisterAnswer {
	return { status: 400, reason: 'Out Of Order CSeq', headers: [] }
}

function apply(
	{ address, expiresSeconds }: Wish,
	request: SipRequest,
	aor: string,
	source: WirePeer,
	table: LocationTable,
	settings: RegistrationSettings,
	nowMs: number,
): void {
	if (expiresSeconds === 0) {
		table.remove(aor, address.uri, nowMs)
		return
	}
	const granted = Math.min(expiresSeconds, settings.maxExpiresSeconds)
	const params = new Map(address.params)
	params.delete('expires')
	const binding: Binding = {
		contact: address.uri,
		callId: callIdOf(request),
		cseq: cseqOf(request),
		expiresAtMs: nowMs + granted * 1000,
		source,
		path: headerList(request.headers, 'Path'),
		params,
	}
	table.put(aor, binding, nowMs)
	for (const oldest of table.of(aor, nowMs).slice(0, -settings.maxBindings)) table.remove(aor, oldest.contact, nowMs)
}

/** Step 8: the 200 lists every current binding; it repeats Path for a client that supports it (RFC 3327 5.3). */
function currentContacts(request: SipRequest, bindings: readonly Binding[], nowMs: number): HeaderPair[] {
	const contacts = bindings.map((binding): HeaderPair => {
		const expires = String(Math.max(0, Math.round((binding.expiresAtMs - nowMs) / 1000)))
		return [
			'Contact',
			formatNameAddr({ uri: binding.contact, params: new Map([...binding.params, ['expires', expires]]) }),
		]
	})
	const path = headerList(request.headers, 'Path').map((value): HeaderPair => ['Path', value])
	return headerList(request.headers, 'Supported').includes('path') ? [...contacts, ...path] : contacts
}

function cseqOf(request: SipRequest): number {
	return parseCSeq(request.headers.get('CSeq') ?? '')?.number ?? 0
}
