import type { ContactAddress, Probe, ProbeRequest, TestContact } from './types.ts'

/** Asked for first, so that a contact that a crash leaves behind ends soon. */
const FIRST_EXPIRY_SECONDS = 60
/** What else is asked for, to see what the server makes of it. */
const OTHER_EXPIRIES_SECONDS = [600, 3600] as const

const PLAIN: TestContact = { name: 'first', address: 'plain' }
export const PRIVATE: TestContact = { name: 'first', address: 'private' }

/** How the probe begins: nothing is bound before it is known what others have bound. */
export const FIRST_REQUESTS: readonly ProbeRequest[] = [{ kind: 'look' }, { kind: 'admit', contact: PLAIN }]

/** Once the plain contact was taken: expiries, then the private one by itself, then two at a time. */
export function requestsAfterPlain(): readonly ProbeRequest[] {
	return [
		...expiries(PLAIN),
		{ kind: 'remove', contact: PLAIN },
		{ kind: 'compare', contact: PRIVATE },
		{ kind: 'remove', contact: PRIVATE },
		{ kind: 'again', contact: PLAIN },
		...rivalry('plain'),
	]
}

/** Once only the private contact was taken. */
export function requestsAfterPrivate(): readonly ProbeRequest[] {
	return [...expiries(PRIVATE), ...rivalry('private')]
}

/** Removes what may be bound, the newest first, and looks at what is left. */
export function cleanUpRequests(bound: readonly TestContact[]): readonly ProbeRequest[] {
	return [...bound.toReversed().map((contact): ProbeRequest => ({ kind: 'remove', contact })), { kind: 'verify' }]
}

/** Two contacts, the one that is bound, or stays so, and the one that comes in its place. */
export interface Pair {
	readonly bound: TestContact
	readonly other: TestContact
}

/** What a removal ends, then the swap; where nothing is listed, only the swap, whose answer tells enough. */
export function swapRequests({ bound, other }: Pair, isListed: boolean): readonly ProbeRequest[] {
	const swap: ProbeRequest = { kind: 'swap', contact: other, other: bound, isLast: false }
	if (!isListed) return [swap]
	return [{ kind: 'part', contact: other, other: bound }, { kind: 'parted', other: bound }, swap]
}

/** What the request binds or removes; undefined where its REGISTER has no Contact. */
export function contactOf(request: ProbeRequest): TestContact | undefined {
	switch (request.kind) {
		case 'look':
		case 'list':
		case 'verify':
		case 'parted':
		case 'swapped':
			return undefined
		default:
			return request.contact
	}
}

/** What Via and Contact of the request say of where we are. */
export function addressOf({ address }: Probe, request: ProbeRequest): ContactAddress {
	return contactOf(request)?.address ?? address
}

/** The Expires of a request; undefined where the REGISTER has no Contact. */
export function expiresOf(request: ProbeRequest): number | undefined {
	switch (request.kind) {
		case 'look':
		case 'list':
		case 'verify':
		case 'parted':
		case 'swapped':
			return undefined
		case 'remove':
		case 'part':
			return 0
		case 'expiry':
			return request.askedSeconds
		default:
			return FIRST_EXPIRY_SECONDS
	}
}

/** Said to whoever watches, before the request is asked. */
export function describeRequest(request: ProbeRequest, { findings, address }: Probe): string {
	switch (request.kind) {
		case 'look':
			return address === 'plain'
				? 'asking which bindings there are'
				: 'asking it again from a private address, as behind NAT'
		case 'part':
			return `removing the ${request.contact.name} test contact, to see that the other one stays`
		case 'parted':
			return 'asking what is left'
		case 'swap':
			return `binding the ${request.contact.name} test contact and removing the other one by the same REGISTER`
		case 'swapped':
			return 'asking what the swap has left'
		case 'list':
			return 'asking what is bound now'
		case 'verify':
			return 'asking whether anything of the probe is left'
		case 'admit':
			return request.contact.address === 'plain'
				? 'binding a test contact with our own address'
				: `our own address was refused (${findings.plain?.status}): trying a private one, as behind NAT`
		case 'compare':
			return 'binding it with a private address, as behind NAT'
		case 'again':
			return 'binding the test contact with our own address again'
		case 'rival':
			return 'binding a second test contact'
		case 'expiry':
			return `asking for ${request.askedSeconds} s`
		case 'remove':
			return `removing the ${request.contact.name} test contact`
	}
}

function expiries(contact: TestContact): ProbeRequest[] {
	return OTHER_EXPIRIES_SECONDS.map((askedSeconds) => ({ kind: 'expiry', contact, askedSeconds }))
}

function rivalry(address: TestContact['address']): ProbeRequest[] {
	return [{ kind: 'rival', contact: { name: 'second', address } }, { kind: 'list' }]
}
