/**
 * How far a header field goes.
 *
 * - `leg`: it belongs to one hop or one leg and ends at the bridge, whoever sent it
 * - `trust-domain`: only elements that trust each other say and hear it (RFC 3325 2); it comes from no device and goes to none
 * - `to-device`: an element of the network says it; a device may hear it, but is not believed
 * - `to-network`: a device says it to its network, and no other device hears it
 * - `ends`: it is for the two ends, and passes both ways unless the sender's Privacy keeps it back
 */
export type Reach = 'leg' | 'trust-domain' | 'to-device' | 'to-network' | 'ends'

/** A priv-value of the Privacy field (RFC 3323 4.2, RFC 3325 9.3, RFC 7044 10.1). */
export type PrivacyValue = 'id' | 'user' | 'header' | 'session' | 'history'

export interface FieldRule {
	readonly reach: Reach
	/** Where it is said. */
	readonly source: string
	/** With any of these asked for, the field does not go to a device. */
	readonly withheldBy?: readonly PrivacyValue[]
}

/** Who somebody is, in whatever field. */
const IDENTITY: readonly PrivacyValue[] = ['id', 'user', 'header']
const HISTORY: readonly PrivacyValue[] = [...IDENTITY, 'session', 'history']
const USER: readonly PrivacyValue[] = ['user']

const leg = (source: string): FieldRule => ({ reach: 'leg', source })
const trusted = (source: string): FieldRule => ({ reach: 'trust-domain', source })
const asserted = (source: string, withheldBy: readonly PrivacyValue[]): FieldRule => ({
	reach: 'to-device',
	source,
	withheldBy,
})
const ofUser = (source: string): FieldRule => ({ reach: 'ends', source, withheldBy: USER })

/** Every field that does not simply pass, by its canonical name. What is not here passes untouched and in order. */
export const FIELD_RULES: Readonly<Record<string, FieldRule>> = {
	via: leg('RFC 3261 20.42'),
	from: leg('RFC 3261 20.20, RFC 7092 3.2: written anew'),
	to: leg('RFC 3261 20.39, RFC 7092 3.2: written anew'),
	'call-id': leg('RFC 3261 20.8, RFC 7092 3.2: written anew'),
	cseq: leg('RFC 3261 20.16, RFC 7092 3.2: written anew'),
	'max-forwards': leg('RFC 3261 20.22: counted down'),
	'max-breadth': leg('RFC 5393 5.3'),
	route: leg('RFC 3261 20.34'),
	'record-route': leg('RFC 3261 20.30'),
	contact: leg('RFC 3261 20.10: written anew'),
	'content-length': leg('RFC 3261 20.14'),
	path: leg('RFC 3327 4'),
	'service-route': leg('RFC 3608 5'),
	'flow-timer': leg('RFC 5626 11.4'),
	authorization: leg('RFC 3261 22.2'),
	'www-authenticate': leg('RFC 3261 22.2'),
	'authentication-info': leg('RFC 3261 20.6'),
	'security-client': leg('RFC 3329 2.2'),
	'security-server': leg('RFC 3329 2.2'),
	'security-verify': leg('RFC 3329 2.2'),
	rack: leg('RFC 3262 7.2: written anew'),
	rseq: leg('RFC 3262 7.1: written anew'),
	'p-preferred-identity': leg('RFC 3325 9.2: for the first trusted element'),
	'p-asserted-service': trusted('RFC 6050 4.1'),
	'p-associated-uri': trusted('RFC 7315 4.1'),
	'p-visited-network-id': trusted('RFC 7315 4.3'),
	'p-access-network-info': { reach: 'to-network', source: 'RFC 7315 4.4' },
	'p-charging-function-addresses': trusted('RFC 7315 4.5'),
	'p-charging-vector': trusted('RFC 7315 4.6'),
	'p-user-database': trusted('RFC 4457 4'),
	'p-profile-key': trusted('RFC 5002 5'),
	'p-served-user': trusted('RFC 5502 6'),
	'p-private-network-indication': trusted('RFC 7316 8'),
	'p-asserted-identity': asserted('RFC 3325 7, 9.1', IDENTITY),
	'remote-party-id': asserted('draft-ietf-sip-privacy-04 5', IDENTITY),
	'history-info': asserted('RFC 7044 10.1', HISTORY),
	diversion: asserted('RFC 5806 3, RFC 7544 7', HISTORY),
	identity: { reach: 'ends', source: 'RFC 8224 4.1: its PASSporT may state the asserted number', withheldBy: IDENTITY },
	'identity-info': { reach: 'ends', source: 'RFC 4474 9', withheldBy: IDENTITY },
	'call-info': ofUser('RFC 3323 5.3'),
	'in-reply-to': ofUser('RFC 3323 5.3'),
	organization: ofUser('RFC 3323 5.3'),
	'referred-by': ofUser('RFC 5379 5.1'),
	'reply-to': ofUser('RFC 3323 5.3'),
	server: ofUser('RFC 5379 5.1'),
	subject: ofUser('RFC 3323 5.3'),
	'user-agent': ofUser('RFC 3323 5.3'),
}

const PROXY_RULE = leg('RFC 3261 20.27 to 20.29, RFC 7615 4: between a user agent and its next proxies')

/** Option tags that agree something with the next hop, and are no part of what the ends require of each other. */
export const HOP_OPTIONS: ReadonlySet<string> = new Set([
	// RFC 3329 2.3
	'sec-agree',
])

/** The rule for a field, by its canonical name; undefined for one that simply passes. */
export function ruleOf(name: string): FieldRule | undefined {
	if (Object.hasOwn(FIELD_RULES, name)) return FIELD_RULES[name]
	return name.startsWith('proxy-') ? PROXY_RULE : undefined
}
