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
import { type Pair, swapRequests } from './requests.ts'
import type { Probe, ProbeRequest, RemovedBeside, SwapFailure, TestContact } from './types.ts'

type SwapRequest = Extract<ProbeRequest, { kind: 'swap' | 'swapped' }>

/** What comes when it is known what becomes of a second binding: removals and swaps, with what is bound by then. */
export function beginSwap(state: Probe): Probe {
	const pair = pairOf(state)
	// With a removal that may not have been done, what is left of a swap cannot be told apart from what was left before.
	if (pair === undefined || state.unconfirmed) return cleaningUp(state)
	return { ...state, todo: swapRequests(pair, state.findings.listing === 'lists') }
}

/** The newer of the bound ones stays; the other one need not be bound. */
function pairOf({ bound }: Probe): Pair | undefined {
	const stays = bound.at(-1)
	if (stays === undefined) return undefined
	return { bound: stays, other: { name: stays.name === 'first' ? 'second' : 'first', address: stays.address } }
}

/** A removal that is refused leaves nothing to be seen. */
export function onPart(state: Probe, contact: TestContact, response: ResponseView): Probe {
	if (!isAccepted(response)) return { ...state, todo: state.todo.filter(({ kind }) => kind !== 'parted') }
	return { ...state, bound: state.bound.filter((one) => !isSame(one, contact)) }
}

export function onParted(state: Probe, other: TestContact, response: ResponseView): Probe {
	if (!isAccepted(response)) return state
	const { users } = listedContacts(response, ownUsers(state))
	if (users.includes(state.settings.users[other.name])) return found(state, { zeroRemoves: 'contact' })
	const known = users.length === 0 ? found(state, { zeroRemoves: 'user' }) : state
	return { ...known, bound: [], todo: [{ kind: 'again', contact: other }, ...state.todo] }
}

/** The list says what a swap has left. Where there is none its own answer does, of a server that lists all in it or refuses a second. */
export function onSwap(before: Probe, request: SwapRequest, response: ResponseView): Probe {
	const { contact, other, isLast } = request
	const state = seenBindings({ ...before, everBound: true }, response)
	if (!isAccepted(response)) {
		const bound = state.bound.filter((one) => !isSame(one, contact))
		return failed({ ...state, bound }, 'old', response.status)
	}
	if (state.findings.listing === 'lists') return { ...state, todo: [{ kind: 'swapped', contact, other, isLast }] }
	if (grantedSeconds(state, contact, response) === undefined) return cleaningUp(state)
	if (state.findings.second === 'kept') return onSwapped(state, request, response)
	return succeeded(state, request)
}

export function onSwapped(state: Probe, request: SwapRequest, response: ResponseView): Probe {
	if (!isAccepted(response)) return cleaningUp(state)
	const { contact, other } = request
	const { users } = listedContacts(response, ownUsers(state))
	const left = listedAmong([other, contact], users, state)
	const known: Probe = { ...seenBindings(state, response), bound: left }
	if (left.length === 2) return failed(known, 'both')
	if (left.length === 0) return failed(known, 'none')
	return isSame(left[0] as TestContact, contact) ? succeeded(known, request) : failed(known, 'old')
}

function succeeded(state: Probe, { contact, other, isLast }: SwapRequest): Probe {
	const known: Probe = { ...state, bound: [contact] }
	if (isLast) return cleaningUp(found(known, { swap: 'honoured' }))
	return { ...known, todo: [{ kind: 'swap', contact: other, other: contact, isLast: true }] }
}

function failed(state: Probe, swapFailure: SwapFailure, swapStatus?: number): Probe {
	const status = swapStatus === undefined ? {} : { swapStatus }
	return cleaningUp(found(state, { swap: 'not-honoured', swapFailure, ...status }))
}

/** The other side's contact as the server names it, for only so it may know it again. */
export function besideOf({ listedAs }: Probe, contact: TestContact): RemovedBeside {
	return { contact, listedAs: listedAs[contact.name] }
}

/** The names of the test contacts, as that answer lists them or one before has. */
export function namesListed({ listedAs, settings }: Probe, response: ResponseView): Probe['listedAs'] {
	const { first, second } = settings.users
	const { uris } = listedContacts(response, [first, second])
	if (uris.size === 0) return listedAs
	const [one, other] = [uris.get(first), uris.get(second)]
	return {
		...listedAs,
		...(one === undefined ? {} : { first: one }),
		...(other === undefined ? {} : { second: other }),
	}
}
