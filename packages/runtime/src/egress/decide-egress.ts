import { type AddressClass, classifyAddress } from './address-class.ts'
import { type EgressRules, isListed } from './egress-rules.ts'

/** Whose word led to an address: an account's settings, a SIP server's answer, a caller's message, or a push app's settings. */
export type NamedBy = 'account' | 'sip-server' | 'caller' | 'push-app'

/** An address after resolution, where something is about to be sent. */
export interface EgressRequest {
	/** An IP address. */
	readonly host: string
	readonly port: number
	readonly namedBy: NamedBy
}

/**
 * Why nothing is sent there. `own-listener` and `own-store` are addresses with a port, of this service and of its database and
 * queue; `unlisted` is an address of the internet where the operator allows listed networks alone; the others are classes.
 */
export type EgressRefusal =
	| 'no-address'
	| 'no-port'
	| 'own-listener'
	| 'own-store'
	| 'unlisted'
	| Exclude<AddressClass, 'public'>

export type EgressVerdict =
	| { readonly allowed: true }
	| {
			readonly allowed: false
			readonly reason: EgressRefusal
			/** Whether a setting could allow it. */
			readonly settable: boolean
	  }

/** What is at an address and port of our own. */
export type OwnEndpoint = 'own-listener' | 'own-store' | 'own-demo'

const ALLOWED: EgressVerdict = { allowed: true }

/** No setting opens these: nobody has a SIP server there, and a machine's credentials are told at some. */
const NEVER: ReadonlySet<AddressClass> = new Set(['link-local', 'metadata', 'unspecified', 'multicast', 'broadcast'])

/**
 * Whether something may be sent to an address that others have named (ADR 19). Pure; `own` tells what of ours is at an address, in
 * its one spelling, and port.
 */
export function decideEgress(
	rules: EgressRules,
	{ host, port }: EgressRequest,
	own: (address: string, port: number) => OwnEndpoint | undefined = () => undefined,
): EgressVerdict {
	const classified = classifyAddress(host)
	if (!classified) return refused('no-address', false)
	const { class: kind, address } = classified
	if (!Number.isInteger(port) || port < 1 || port > 65_535) return refused('no-port', false)
	if (NEVER.has(kind)) return refused(kind as EgressRefusal, false)
	const ours = own(address, port)
	if (ours === 'own-demo') return ALLOWED
	if (ours !== undefined) return refused(ours, false)
	if (isListed(address, rules.networks)) return ALLOWED
	if (kind === 'public') return rules.internet ? ALLOWED : refused('unlisted', true)
	if ((kind === 'private' || kind === 'shared') && rules.lan) return ALLOWED
	return refused(kind, true)
}

function refused(reason: EgressRefusal, settable: boolean): EgressVerdict {
	return { allowed: false, reason, settable }
}
