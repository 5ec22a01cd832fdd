import type { AccountChange } from '../ports/account-store.ts'
import type { Account } from './account.ts'

/** What of an account decides which server its credential answers. */
export type DestinationField = 'domain' | 'transport' | 'webSocketPath' | 'outboundProxy'

/** The facts of an account that a change of its destination is seen by. */
export type Destination = Pick<Account, 'domain' | 'transport' | 'webSocketPath'> & {
	readonly attributes: Pick<Account['attributes'], 'outboundProxy'>
}

/**
 * Which fields of a change lead the stored credential to another server. An MD5 answer is as good as the password to whoever has a
 * dictionary (RFC 8760 2), so whoever moves an account must know the credential (ADR 24). Names of hosts are compared without case.
 */
export function movedDestination(present: Destination, change: AccountChange): DestinationField[] {
	const proxy = change.attributes?.outboundProxy
	const moved: Record<DestinationField, boolean> = {
		domain: change.domain !== undefined && !sameHost(change.domain, present.domain),
		transport: change.transport !== undefined && change.transport !== present.transport,
		webSocketPath: change.webSocketPath !== undefined && (change.webSocketPath ?? undefined) !== present.webSocketPath,
		outboundProxy: proxy !== undefined && !sameHost(proxy ?? '', present.attributes.outboundProxy ?? ''),
	}
	return (Object.keys(moved) as DestinationField[]).filter((field) => moved[field])
}

/** Whether a change brings a credential of its own, or ends the stored one. */
export function bringsCredential({ password, ha1, attributes }: AccountChange): boolean {
	return password !== undefined || ha1 !== undefined || attributes?.pushEnabled === false
}

/** The stored credential would answer another server than the one that it was handed in for. */
export class MovedCredentialError extends Error {
	readonly fields: readonly DestinationField[]

	constructor(fields: readonly DestinationField[]) {
		super(`A change of ${fields.join(' and ')} needs the credential again.`)
		this.name = 'MovedCredentialError'
		this.fields = fields
	}
}

function sameHost(one: string, other: string): boolean {
	return one.toLowerCase() === other.toLowerCase()
}
