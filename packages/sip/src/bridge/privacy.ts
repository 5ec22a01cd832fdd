import { splitList } from '../address/list.ts'
import { formatNameAddr, parseNameAddr } from '../address/name-addr.ts'
import { paramText } from '../address/params.ts'
import { parseUri } from '../address/uri.ts'
import type { Headers } from '../message/headers.ts'
import type { SipRequest } from '../message/message.ts'
import type { FieldRule } from './field-rules.ts'

/** Who calls, when that cannot be read or is not to be known (RFC 3261 8.1.1.3, RFC 3323 4.1.1.3). */
export const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
const ANONYMOUS_URI = 'sip:anonymous@anonymous.invalid'

/** What a sender wants kept back: the priv-values of Privacy, in lower case. */
export type Privacy = ReadonlySet<string>

/** The priv-values of a message (RFC 3323 4.2); undefined where it says nothing. Commas for semicolons are tolerated. */
export function privacyOf(headers: Headers): Privacy | undefined {
	const fields = headers.all('Privacy')
	if (fields.length === 0) return undefined
	const values = fields.flatMap((field) => field.split(/[;,]/)).map((value) => value.trim().toLowerCase())
	return new Set(values.filter((value) => value !== ''))
}

/** From as a device may see it: a privacy service takes the name and address away where `user` is asked for (RFC 3323 5.3). */
export function callerShown(invite: SipRequest): string {
	if (privacyOf(invite.headers)?.has('user')) return ANONYMOUS
	const from = invite.headers.get('From') ?? ''
	return parseNameAddr(from) ? from : ANONYMOUS
}

export function isWithheld(rule: FieldRule, privacy: Privacy | undefined): boolean {
	return privacy !== undefined && (rule.withheldBy?.some((value) => privacy.has(value)) ?? false)
}

/** What is left of a field whose entries have a privacy of their own; undefined when nothing is. Other fields stay as they are. */
export function withoutPrivateEntries(name: string, value: string): string | undefined {
	const shown = ENTRY_PRIVACY[name]
	if (!shown) return value
	const entries = splitList(value)
	const left = entries.flatMap((entry) => shown(entry) ?? [])
	if (left.length === 0) return undefined
	return left.every((entry, index) => entry === entries[index]) && left.length === entries.length
		? value
		: left.join(', ')
}

const ENTRY_PRIVACY: Readonly<Record<string, (entry: string) => string | undefined>> = {
	'remote-party-id': withoutPrivateParty,
	diversion: withoutPrivateParty,
	'history-info': withoutPrivateHistory,
}

/** RFC 5806 3 and Remote-Party-ID: `privacy` is `full`, `uri`, `name` or `off`. What cannot be read may hide anything. */
function withoutPrivateParty(entry: string): string | undefined {
	const party = parseNameAddr(entry)
	if (!party) return undefined
	const privacy = paramText(party.params, 'privacy')?.toLowerCase() ?? 'off'
	if (privacy === 'off') return entry
	return privacy === 'name' ? formatNameAddr({ uri: party.uri, params: party.params }) : undefined
}

/** RFC 7044 10.1: an entry whose URI has a Privacy header is shown without that URI; its index keeps the history whole. */
function withoutPrivateHistory(entry: string): string | undefined {
	const target = parseNameAddr(entry)
	if (!target) return undefined
	const uri = parseUri(target.uri)
	const headers = uri && 'headers' in uri ? (uri.headers ?? '') : ''
	const asked = headers.split('&').find((header) => /^privacy=/i.test(header))
	if (asked === undefined || /^privacy=none$/i.test(asked)) return entry
	return formatNameAddr({ uri: ANONYMOUS_URI, params: target.params })
}
