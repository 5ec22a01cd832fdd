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
import { type BindingLimits, judgeRegister } from './binding-rules.ts'
import type { Binding, LocationTable } from './location-table.ts'
import type { RegistrarWays } from './registrar-ways.ts'
import { atSource, escaped, masked, peerText } from './shown-contact.ts'
import type { WirePeer } from './sip-wire.ts'

export interface RegistrationSettings extends BindingLimits, RegistrarWays {
	/** Granted when the request does not say. */
	readonly defaultExpiresSeconds: number
}

export interface RegisterContact {
	readonly uri: string
	readonly expiresSeconds: number
}

export interface RegisterResponse {
	readonly status: number
	readonly reason?: string
	readonly headers: readonly HeaderPair[]
}

type Place = Pick<Binding, 'name' | 'target' | 'shown' | 'byConnection'>

interface RequestedContact {
	readonly address: NameAddr
	readonly expiresSeconds: number
}

/** The contacts of a REGISTER with the expiry asked for each (RFC 3261 10.2.1.1); empty for a query and for `*`. */
export function registerContacts(request: SipRequest, defaultExpiresSeconds: number): RegisterContact[] {
	return requestedContacts(request, defaultExpiresSeconds).map(({ address, expiresSeconds }) => ({
		uri: address.uri,
		expiresSeconds,
	}))
}

/** Does what an authorised REGISTER asks for, all of it or nothing (RFC 3261 10.3 steps 6 to 8), in the ways of the server. */
export function applyRegister(
	request: SipRequest,
	aor: string,
	source: WirePeer,
	table: LocationTable,
	settings: RegistrationSettings,
	nowMs: number,
): RegisterResponse {
	const wildcard = headerList(request.headers, 'Contact').some(isWildcardContact)
	if (wildcard) return removeAll(request, aor, table, nowMs)
	const wanted = requestedContacts(request, settings.defaultExpiresSeconds)
	if (wanted.length === 0) return respondToQuery(request, table.of(aor, nowMs), settings, nowMs)
	const held = table.of(aor, nowMs)
	const named = wanted.map((requested, at) => ({
		...requested,
		...placeOf(requested.address.uri, at, source, held, settings),
	}))
	const [callId, cseq] = [callIdOf(request), cseqOf(request)]
	const contacts = named.map(({ name, expiresSeconds }) => ({ name, seconds: expiresSeconds }))
	const verdict = judgeRegister({ callId, cseq, contacts }, held, settings)
	if (verdict.status !== 200) return refusal(verdict.status, settings)
	const kept = verdict.kept.flatMap(({ name, grantedSeconds }): Binding[] => {
		if (grantedSeconds === undefined) return held.filter((binding) => binding.name === name)
		const requested = named.find((one) => one.name === name)
		return requested ? [newBinding(requested, grantedSeconds, request, source, nowMs)] : []
	})
	table.set(aor, kept)
	const names = new Set(named.map(({ name }) => name))
	return { status: 200, headers: currentContacts(request, listed(kept, names, settings.lists), nowMs) }
}

/** Where a contact is kept: what tells it from others, and how it is shown and called. What the server has shown is known to it. */
function placeOf(
	uri: string,
	at: number,
	source: WirePeer,
	held: readonly Binding[],
	{ shows, connectionEnd }: RegistrarWays,
): Place {
	if (connectionEnd === 'strands') {
		return { name: `${uri} by ${peerText(source)}`, target: uri, shown: shownAs(uri, shows), byConnection: true }
	}
	const target = at === 0 && shows === 'source' ? atSource(uri, source) : uri
	const known = held.find((binding) => binding.shown === target)
	const byConnection = connectionEnd === 'removes'
	if (known) return { name: known.name, target: known.target, shown: known.shown, byConnection }
	const shown = shownAs(target, shows)
	return { name: target, target: shows === 'escaped-user' ? shown : target, shown, byConnection }
}

function shownAs(uri: string, shows: RegistrarWays['shows']): string {
	if (shows === 'escaped-user') return escaped(uri)
	return shows === 'own-user' ? masked(uri) : uri
}

function respondToQuery(
	request: SipRequest,
	held: readonly Binding[],
	{ query, lists }: RegistrarWays,
	nowMs: number,
): RegisterResponse {
	if (query === 'refused') return { status: 403, headers: [] }
	const shown = query === 'empty' ? [] : listed(held, new Set(), lists === 'none' ? 'none' : 'all')
	return { status: 200, headers: currentContacts(request, shown, nowMs) }
}

function listed(held: readonly Binding[], own: ReadonlySet<string>, lists: RegistrarWays['lists']): readonly Binding[] {
	switch (lists) {
		case 'all':
			return held
		case 'none':
			return []
		default:
			return held.filter(({ name }) => own.has(name) === (lists === 'own'))
	}
}

function requestedContacts(request: SipRequest, defaultExpiresSeconds: number): RequestedContact[] {
	const general = parseDeltaSeconds(request.headers.get('Expires') ?? '') ?? defaultExpiresSeconds
	return headerList(request.headers, 'Contact').flatMap((text) => {
		const address = isWildcardContact(text) ? undefined : parseNameAddr(text)
		if (!address) return []
		return { address, expiresSeconds: parseDeltaSeconds(paramText(address.params, 'expires') ?? '') ?? general }
	})
}

function removeAll(request: SipRequest, aor: string, table: LocationTable, nowMs: number): RegisterResponse {
	if (parseDeltaSeconds(request.headers.get('Expires') ?? '') !== 0) {
		return { status: 400, reason: 'Wildcard Needs Expires 0', headers: [] }
	}
	if (table.of(aor, nowMs).some((binding) => isOutOfOrder(request, binding))) return outOfOrder()
	table.clear(aor)
	return { status: 200, headers: [] }
}

function refusal(status: 400 | 403 | 423, { minExpiresSeconds }: RegistrationSettings): RegisterResponse {
	if (status === 400) return outOfOrder()
	if (status === 403) return { status, reason: 'Too Many Contacts', headers: [] }
	return { status, headers: [['Min-Expires', String(minExpiresSeconds)]] }
}

/** Step 7: of the same registration only a higher CSeq counts; an older one came late. */
function isOutOfOrder(request: SipRequest, binding: Binding): boolean {
	return callIdOf(request) === binding.callId && cseqOf(request) <= binding.cseq
}

function outOfOrder(): RegisterResponse {
	return { status: 400, reason: 'Out Of Order CSeq', headers: [] }
}

function newBinding(
	{ address, name, target, shown, byConnection }: RequestedContact & Place,
	grantedSeconds: number,
	request: SipRequest,
	source: WirePeer,
	nowMs: number,
): Binding {
	const params = new Map(address.params)
	params.delete('expires')
	return {
		name,
		contact: address.uri,
		target,
		shown,
		callId: callIdOf(request),
		cseq: cseqOf(request),
		expiresAtMs: nowMs + grantedSeconds * 1000,
		source,
		byConnection,
		path: headerList(request.headers, 'Path'),
		params,
	}
}

/** Step 8: the 200 lists every current binding; it repeats Path for a client that supports it (RFC 3327 5.3). */
function currentContacts(request: SipRequest, bindings: readonly Binding[], nowMs: number): HeaderPair[] {
	const contacts = bindings.map((binding): HeaderPair => {
		const expires = String(Math.max(0, Math.round((binding.expiresAtMs - nowMs) / 1000)))
		return [
			'Contact',
			formatNameAddr({ uri: binding.shown, params: new Map([...binding.params, ['expires', expires]]) }),
		]
	})
	const path = headerList(request.headers, 'Path').map((value): HeaderPair => ['Path', value])
	return headerList(request.headers, 'Supported').includes('path') ? [...contacts, ...path] : contacts
}

function cseqOf(request: SipRequest): number {
	return parseCSeq(request.headers.get('CSeq') ?? '')?.number ?? 0
}
