import { canonicalEscapes } from './escapes.ts'
import { canonicalHost } from './host.ts'
import type { SipUri, TelUri, Uri, UriParams } from './uri.ts'

/** Parameters that must be in both URIs or in neither (RFC 3261 19.1.4; `transport` by its examples). */
const NEVER_IGNORED = ['user', 'ttl', 'method', 'maddr', 'transport']

/**
 * True when two URIs are the same by the rules of their scheme: RFC 3261 19.1.4 for SIP, RFC 3966 4 for tel, text for others
 * (with the scheme in any case). Not transitive for SIP: parameters that only one of them has are mostly ignored.
 */
export function urisEqual(a: Uri, b: Uri): boolean {
	if (a.scheme === 'other' || b.scheme === 'other') {
		if (a.scheme !== 'other' || b.scheme !== 'other' || a.name !== b.name) return false
		return a.text.slice(a.name.length) === b.text.slice(b.name.length)
	}
	if (a.scheme === 'tel' || b.scheme === 'tel') return a.scheme === 'tel' && b.scheme === 'tel' && telEqual(a, b)
	return sipEqual(a, b)
}

function sipEqual(a: SipUri, b: SipUri): boolean {
	return (
		a.scheme === b.scheme &&
		a.port === b.port &&
		canonicalHost(a.host) === canonicalHost(b.host) &&
		partsEqual(a.user, b.user) &&
		partsEqual(a.password, b.password) &&
		sipParamsEqual(a.params, b.params) &&
		uriHeadersEqual(a.headers, b.headers)
	)
}

/** User and password are compared with regard to case. */
function partsEqual(a: string | undefined, b: string | undefined): boolean {
	if (a === undefined || b === undefined) return a === b
	return canonicalEscapes(a) === canonicalEscapes(b)
}

function sipParamsEqual(a: UriParams, b: UriParams): boolean {
	if (NEVER_IGNORED.some((name) => a.has(name) !== b.has(name))) return false
	for (const [name, value] of a) {
		if (b.has(name) && canonicalValue(value) !== canonicalValue(b.get(name))) return false
	}
	return true
}

function canonicalValue(value: string | undefined): string | undefined {
	return value === undefined ? undefined : canonicalEscapes(value).toLowerCase()
}

/** Header components are never ignored; their order is. */
function uriHeadersEqual(a: string | undefined, b: string | undefined): boolean {
	return canonicalHeaders(a) === canonicalHeaders(b)
}

function canonicalHeaders(headers: string | undefined): string {
	if (headers === undefined || headers === '') return ''
	return headers
		.split('&')
		.map((header) => {
			const equals = header.indexOf('=')
			const name = equals < 0 ? header : header.slice(0, equals)
			return canonicalEscapes(name).toLowerCase() + canonicalEscapes(header.slice(name.length))
		})
		.sort()
		.join('&')
}

/** Visual separators and case do not count; parameters do, whatever their order. */
function telEqual(a: TelUri, b: TelUri): boolean {
	if (bareNumber(a.number) !== bareNumber(b.number) || a.params.size !== b.params.size) return false
	for (const [name, value] of a.params) {
		if (!b.params.has(name) || canonicalTelValue(name, value) !== canonicalTelValue(name, b.params.get(name)))
			return false
	}
	return true
}

function bareNumber(number: string): string {
	return number.replace(/[().-]/g, '').toLowerCase()
}

function canonicalTelValue(name: string, value: string | undefined): string | undefined {
	const canonical = canonicalValue(value)
	const isNumber = name === 'ext' || (name === 'phone-context' && canonical?.startsWith('+'))
	return canonical !== undefined && isNumber ? bareNumber(canonical) : canonical
}
