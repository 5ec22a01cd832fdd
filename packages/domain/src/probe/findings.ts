import type { ResponseView } from '@vigil/sip'
import {
	cleaningUp,
	found,
	grantedSeconds,
	isAccepted,
	isSame,
	listedAmong,
	ownUsers,
	seenBindings,
} from './knowledge.ts'
import { listedContacts } from './reading.ts'
import { cleanUpRequests, PRIVATE, requestsAfterPlain, requestsAfterPrivate } from './requests.ts'
import { beginSwap, onPart, onParted, onSwap, onSwapped } from './swap.ts'
import type { Admission, Probe, ProbeFindings, ProbeRequest, TestContact } from './types.ts'

/** Rounds of removal: the second one is for a contact that is still listed after the first. */
const MOST_CLEAN_UPS = 2

/** What the final answer to a request (no challenge, no 423) teaches, and what is asked next because of it. */
export function learn(state: Probe, request: ProbeRequest, response: ResponseView): Probe {
	switch (request.kind) {
		case 'look':
			return onLook(state, response)
		case 'list':
			return onList(state, response)
		case 'verify':
			return onVerify(state, response)
		case 'part':
			return onPart(state, request.contact, response)
		case 'parted':
			return onParted(state, request.other, response)
		case 'swap':
			return onSwap(state, request, response)
		case 'swapped':
			return onSwapped(state, request, response)
		case 'remove':
			return onRemoved(state, request.contact, response)
		default:
			return onBinding(state, request, response)
	}
}

/** Ends the asking: from here on only what is bound is removed. */
export function giveUp(state: Probe, blockingReason: string, outcome: Probe['outcome'] = 'failed'): Probe {
	const ended: Probe = { ...state, outcome, blockingReason }
	return { ...ended, todo: state.everBound ? cleanUpRequests(state.bound) : [] }
}

/** `the SIP server answered 403 Forbidden`. */
function refusalText(response: ResponseView): string {
	return `the SIP server answered ${response.status} ${response.reason}`.trim()
}

function onLook(state: Probe, response: ResponseView): Probe {
	if (!isAccepted(response)) {
		const later = response.headers.get('Retry-After')
		if (later !== undefined) return giveUp(state, `${refusalText(response)}, and wants to be asked again in ${later} s`)
		if (isFatal(response)) return giveUp(found(state, { listing: 'refused' }), refusalText(response))
		return withoutLook(state, refusalText(response), response.status)
	}
	const { foreign } = listedContacts(response, ownUsers(state))
	const known = state.refusedLook === undefined ? state : behindNat(state, state.refusedLook.status)
	const seen = seenBindings(found(known, { foreign, ...(foreign.length > 0 ? { listing: 'lists' } : {}) }), response)
	if (foreign.length === 0 || state.settings.force) return seen
	const blockingReason = `${foreign.length} binding${foreign.length === 1 ? ' is' : 's are'} there already (${foreign.join(', ')}): a server that keeps one only would drop ${foreign.length === 1 ? 'it' : 'them'} for the test contact`
	return giveUp(seen, blockingReason, 'stopped')
}

/**
 * The binding query was refused, or a second one from a private address was not answered. A border controller for phones
 * behind NAT may refuse whoever is not, whatever he asks, so the private address is tried before it is taken for a refusal to list.
 */
export function withoutLook(state: Probe, text: string, status: number): Probe {
	const { refusedLook, settings } = state
	if (refusedLook === undefined) {
		return { ...state, refusedLook: { status, text }, address: 'private', todo: [{ kind: 'look' }, ...state.todo] }
	}
	const unseen = { ...found(state, { listing: 'refused' }), address: 'plain' as const }
	if (settings.force) return unseen
	const blockingReason = `${refusedLook.text} when asked for the bindings, so that a device of the account may be bound and lose its binding`
	return giveUp(unseen, blockingReason, 'stopped')
}

/** Our own address was refused outright and a private one was not: everything else is asked from that one. */
function behindNat(state: Probe, status: number): Probe {
	return { ...found(state, { plain: { status } }), todo: [{ kind: 'admit', contact: PRIVATE }] }
}

type BindingRequest = Extract<ProbeRequest, { kind: 'admit' | 'expiry' | 'compare' | 'again' | 'rival' }>

function onBinding(before: Probe, request: BindingRequest, response: ResponseView): Probe {
	const { contact } = request
	const granted = grantedSeconds(before, contact, response)
	const bound = granted !== undefined
	const state = seenBindings(bound ? withGrant(before, granted) : withoutGrant(before, request, response), response)
	const admission: Admission = { status: response.status, ...(bound ? { grantedSeconds: granted } : {}) }
	switch (request.kind) {
		case 'admit':
			return contact.address === 'plain' ? onPlain(state, admission, response) : onPrivate(state, admission, response)
		case 'compare':
			return found(state, { private: admission })
		case 'again':
			return bound ? state : giveUp(state, `${refusalText(response)} to a contact that it took before`)
		case 'rival':
			return onRival(state, bound, response)
		case 'expiry':
			return state
	}
}

function onPlain(state: Probe, admission: Admission, response: ResponseView): Probe {
	const known = found(state, { plain: admission })
	if (admission.grantedSeconds !== undefined) return { ...known, todo: requestsAfterPlain() }
	if (isAccepted(response)) return giveUp(known, 'the SIP server took the test contact and lists only others')
	if (isFatal(response)) return giveUp(known, refusalText(response))
	return { ...known, todo: [{ kind: 'admit', contact: PRIVATE }] }
}

function onPrivate(state: Probe, admission: Admission, response: ResponseView): Probe {
	const known = found(state, { private: admission })
	if (admission.grantedSeconds !== undefined) return { ...known, address: 'private', todo: requestsAfterPrivate() }
	// With a binding of somebody else there already, ours was the second one.
	if (known.findings.foreign.length > 0) {
		const rejected = found(known, { second: 'rejected', secondStatus: response.status, listing: 'lists' })
		return { ...rejected, todo: [{ kind: 'verify' }] }
	}
	return giveUp(known, refusalText(response))
}

function onRival(state: Probe, bound: boolean, response: ResponseView): Probe {
	const answered = found(state, { secondStatus: response.status, ...(bound ? {} : { second: 'rejected' }) })
	if (!bound) return answered
	const { users } = listedContacts(response, ownUsers(state))
	// RFC 3261 10.3 step 8: the 2xx lists everything that is bound. Many list only what was registered, so that only
	// the presence of the other one tells anything.
	return users.length > 1 ? found(answered, { second: 'kept' }) : answered
}

function onList(before: Probe, response: ResponseView): Probe {
	const state = seenBindings(before, response)
	const { users } = listedContacts(response, ownUsers(state))
	const listing = !isAccepted(response) ? 'refused' : users.length > 0 ? 'lists' : 'empty'
	const known = found(state, { listing })
	if (listing !== 'lists') return onUnlisted(known)
	const { first, second } = state.settings.users
	const verdict = secondBinding(users.includes(first), users.includes(second))
	const decided = known.findings.second === 'rejected' ? known : found(known, { second: verdict })
	// What the list does not show needs no removal; removing it may even hit the other one where only one is kept.
	return beginSwap({ ...decided, bound: listedAmong(state.bound, users, state) })
}

/** Without a list only answers tell: one that lists both, or one that refuses the second. */
function onUnlisted(state: Probe): Probe {
	const { second, secondStatus = 0 } = state.findings
	if (second === undefined) return cleaningUp(found(state, { second: 'unseen' }))
	return second === 'kept' || secondStatus >= 300 ? beginSwap(state) : cleaningUp(state)
}

function secondBinding(first: boolean, second: boolean): ProbeFindings['second'] & string {
	if (first && second) return 'kept'
	return second ? 'overwrites' : 'rejected'
}

function onRemoved(state: Probe, contact: TestContact, response: ResponseView): Probe {
	const gone = { ...state, bound: state.bound.filter((one) => !isSame(one, contact)) }
	return isAccepted(response) ? gone : { ...gone, unconfirmed: true }
}

function onVerify(state: Probe, response: ResponseView): Probe {
	if (!isAccepted(response)) return { ...state, cleanUp: withoutList(state) }
	const { users, foreign } = listedContacts(response, ownUsers(state))
	const foreignLost = state.findings.foreign.filter((uri) => !foreign.includes(uri))
	const known = found(state, { foreignLost })
	if (users.length === 0) {
		const cleanUp = known.findings.listing === 'lists' && state.everBound ? 'verified' : withoutList(state)
		return { ...known, cleanUp }
	}
	if (state.cleanUps + 1 >= MOST_CLEAN_UPS) return { ...known, cleanUp: 'left' }
	const address = known.findings.plain?.grantedSeconds === undefined ? 'private' : 'plain'
	const left = (['first', 'second'] as const)
		.filter((name) => users.includes(state.settings.users[name]))
		.map((name): TestContact => ({ name, address }))
	return { ...known, bound: left, cleanUps: state.cleanUps + 1, todo: cleanUpRequests(left) }
}

function withoutList(state: Probe): Probe['cleanUp'] {
	if (!state.everBound) return 'nothing-to-remove'
	return state.unconfirmed ? 'uncertain' : 'confirmed'
}

/** A refused binding leaves nothing behind, unless it was a refresh of what is bound. */
function withoutGrant(state: Probe, { kind, contact }: BindingRequest, response: ResponseView): Probe {
	// Taken, and not listed: it may be bound under another name.
	if (isAccepted(response)) return { ...state, everBound: true }
	if (kind === 'expiry') return state
	return { ...state, bound: state.bound.filter((one) => !isSame(one, contact)) }
}

function withGrant(state: Probe, grantedSeconds: number): Probe {
	const { askedSeconds } = state
	if (state.findings.expiries.some((known) => known.askedSeconds === askedSeconds)) return { ...state, everBound: true }
	const expiries = [...state.findings.expiries, { askedSeconds, grantedSeconds }]
	return { ...found(state, { expiries }), everBound: true }
}

/** The account or the server is not fit for any REGISTER: no such user, no such domain, elsewhere. */
function isFatal({ status }: ResponseView): boolean {
	return status === 404 || status === 604 || (status >= 300 && status < 400)
}
