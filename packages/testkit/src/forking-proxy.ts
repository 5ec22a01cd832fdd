import { createHash, randomBytes } from 'node:crypto'
import {
	BoundedMap,
	buildResponse,
	cancelledTransactionKey,
	formatVia,
	type HeaderPair,
	paramText,
	removeTopVia,
	type SipRequest,
	type SipResponse,
	serverTransactionKey,
	tagOf,
	topVia,
} from '@vigil/sip'
import { type ForkBranch, InviteFork } from './invite-fork.ts'
import type { LocationTable } from './location-table.ts'
import { Mailbox } from './mailbox.ts'
import { hopToBinding, isOwnUri, nextHop, peerOfUri, popOwnRoute, recordRoute, userOf } from './proxy-routing.ts'
import type { SipWire, WirePeer } from './sip-wire.ts'

/** How To tags of our own begin. */
const OWN_TAG = 'proxy-'
/** What Kamailio says where no connection to the callee is there. */
const SEND_FAILED = 477
/** How long a finished call still absorbs retransmissions. */
const LINGER_MS = 32_000
/** How many requests without state of their own are remembered for their responses. */
const MAX_REMEMBERED = 10_000

/** An INVITE for one of our users and what became of it. */
export interface RoutedCall {
	readonly atMs: number
	readonly request: SipRequest
	readonly branches: readonly ForkBranch[]
	/** Final response sent to the caller. */
	readonly finalStatus: number | undefined
}

export interface ForkingProxyOptions {
	readonly wire: SipWire
	readonly table: LocationTable
	readonly now: () => number
	/** Whether a user of that name exists here, bound or not. */
	readonly isUser: (user: string) => boolean
	/** Stay in the way of a call's later requests, as a session border controller does. */
	readonly recordRoute: boolean
	/** How long a call may ring, milliseconds. */
	readonly noAnswerMs: number
}

interface Waiting {
	readonly fork: InviteFork
	readonly branch: ForkBranch
}

/** A small SIP proxy (RFC 3261 16): forks INVITEs to every binding, passes everything else on without state. */
export class ForkingProxy {
	readonly calls = new Mailbox<RoutedCall>((call) => call.request.uri)
	readonly #options: ForkingProxyOptions
	readonly #forks = new Map<string, InviteFork>()
	readonly #branches = new Map<string, Waiting>()
	readonly #returns = new BoundedMap<string, WirePeer>(MAX_REMEMBERED)

	constructor(options: ForkingProxyOptions) {
		this.#options = options
	}

	handleRequest(request: SipRequest, from: WirePeer): void {
		// The ACK for a refusal of our own ends here.
		if (request.method === 'ACK' && tagOf(request.headers.get('To') ?? '')?.startsWith(OWN_TAG)) return
		const fork = this.#forks.get(transactionOf(request))
		if (fork && request.method !== 'CANCEL') this.#repeat(fork, request, from)
		else if (fork) this.#cancel(fork, request, from)
		else if (Number(request.headers.get('Max-Forwards') ?? 70) <= 0) this.#refuse(request, from, 483)
		else if (request.method === 'INVITE' && tagOf(request.headers.get('To') ?? '') === undefined)
			this.#route(request, from)
		else this.#pass(request, from)
	}

	handleResponse(response: SipResponse): void {
		const branchId = paramText(topVia(response)?.params ?? new Map(), 'branch') ?? ''
		const waiting = this.#branches.get(branchId)
		const back = this.#returns.get(branchId)
		// The response to our own CANCEL carries the branch of the INVITE as well; nobody waits for it.
		if (waiting && response.headers.get('CSeq')?.endsWith('CANCEL')) return
		if (waiting) waiting.fork.receive(waiting.branch, response)
		else if (back) {
			removeTopVia(response.headers)
			this.#options.wire.send(response, back)
		}
	}

	/** An INVITE that came again gets the last answer again; the ACK for a refusal ends here. */
	#repeat(fork: InviteFork, request: SipRequest, from: WirePeer): void {
		if (request.method !== 'INVITE') return
		this.#options.wire.send(fork.lastReply ?? buildResponse(request, 100), from)
	}

	#cancel(fork: InviteFork, cancel: SipRequest, from: WirePeer): void {
		this.#options.wire.send(buildResponse(cancel, 200, undefined, { toTag: newOwnTag() }), from)
		if (fork.isFinished) return
		fork.cancel(cancel.headers.all('Reason').map((reason): HeaderPair => ['Reason', reason]))
	}

	/** To the bindings of one of our users, or to the address of somebody elsewhere (RFC 3261 16.5). */
	#route(invite: SipRequest, from: WirePeer): void {
		const { wire, table, now, isUser } = this.#options
		popOwnRoute(invite, wire)
		const user = userOf(invite.uri) ?? ''
		const bindings = table.of(user, now())
		const elsewhere = isUser(user) || isOwnUri(invite.uri, wire) ? undefined : peerOfUri(invite.uri)
		if (bindings.length === 0 && !elsewhere) {
			this.#refuse(invite, from, isUser(user) ? 480 : 404)
			return
		}
		const isOpen = (peer: WirePeer) => wire.isOpen(peer)
		const hops = bindings.map((binding) => ({ ...binding, to: hopToBinding(binding, isOpen) }))
		const places = elsewhere ? [{ target: invite.uri, path: [], to: elsewhere }] : hops
		const targets = places.flatMap(({ target, path, to }) => {
			if (to === undefined) return []
			const branch = `z9hG4bK${randomBytes(12).toString('hex')}`
			return [{ request: this.#forwarded(invite, branch, to, target, path), to }]
		})
		if (targets.length === 0) {
			this.#refuse(invite, from, SEND_FAILED)
			return
		}
		wire.send(buildResponse(invite, 100), from)
		this.#fork(invite, from, targets)
	}

	#fork(invite: SipRequest, from: WirePeer, targets: readonly Pick<ForkBranch, 'request' | 'to'>[]): void {
		const { wire, now, noAnswerMs } = this.#options
		const toTag = newOwnTag()
		const fork = new InviteFork(targets, {
			forward: (request, to) => wire.send(request, to),
			reply: (response) => wire.send(response, from),
			own: (status) => buildResponse(invite, status, undefined, { toTag }),
			noAnswerMs,
		})
		this.#forks.set(transactionOf(invite), fork)
		for (const branch of fork.branches) this.#branches.set(branchOf(branch.request), { fork, branch })
		this.calls.push({
			atMs: now(),
			request: invite,
			branches: fork.branches,
			get finalStatus() {
				return fork.isFinished ? fork.lastReply?.status : undefined
			},
		})
		fork.start()
		this.#forgetWhenFinished(invite, fork)
	}

	#forgetWhenFinished(invite: SipRequest, fork: InviteFork): void {
		setTimeout(() => {
			if (!fork.isFinished) {
				this.#forgetWhenFinished(invite, fork)
				return
			}
			this.#forks.delete(transactionOf(invite))
			for (const branch of fork.branches) this.#branches.delete(branchOf(branch.request))
		}, LINGER_MS).unref()
	}

	/** Passes a request on without state: the branch follows from the incoming one, so that ACK and CANCEL meet their INVITE. */
	#pass(request: SipRequest, from: WirePeer): void {
		const { wire, table, now } = this.#options
		popOwnRoute(request, wire)
		const binding = this.#isForUser(request) ? table.of(userOf(request.uri) ?? '', now()).at(-1) : undefined
		const isOpen = (peer: WirePeer) => wire.isOpen(peer)
		const to = binding ? hopToBinding(binding, isOpen) : nextHop(request, table, now(), isOpen)
		if (!to || isOwnAddress(to, wire)) {
			this.#refuse(request, from, request.method === 'CANCEL' ? 481 : 404)
			return
		}
		const branch = `z9hG4bK${createHash('sha1').update(transactionOf(request)).digest('hex')}`
		this.#remember(branch, from)
		wire.send(this.#forwarded(request, branch, to, binding?.target ?? request.uri, binding?.path ?? []), to)
	}

	/** Addressed to one of our users by name, as opposed to a contact or to somebody elsewhere. */
	#isForUser(request: SipRequest): boolean {
		const { wire, table, now, isUser } = this.#options
		if (table.findByContact(request.uri, now())) return false
		const isOutside = tagOf(request.headers.get('To') ?? '') === undefined
		return isOwnUri(request.uri, wire) || (isOutside && isUser(userOf(request.uri) ?? ''))
	}

	#forwarded(request: SipRequest, branch: string, to: WirePeer, uri: string, path: readonly string[]): SipRequest {
		const { wire } = this.#options
		const headers = request.headers.clone()
		headers.set('Max-Forwards', String(Number(headers.get('Max-Forwards') ?? 70) - 1))
		for (const route of path.toReversed()) headers.prepend('Route', route)
		const isDialogForming = request.method === 'INVITE' && tagOf(headers.get('To') ?? '') === undefined
		if (this.#options.recordRoute && isDialogForming) headers.prepend('Record-Route', recordRoute(wire, to.transport))
		const params = new Map<string, string | true>([['branch', branch]])
		headers.prepend(
			'Via',
			formatVia({ transport: to.transport.toUpperCase(), host: wire.host, port: wire.port, params }),
		)
		return { ...request, uri, headers }
	}

	#refuse(request: SipRequest, from: WirePeer, status: number): void {
		if (request.method === 'ACK') return
		this.#options.wire.send(buildResponse(request, status, undefined, { toTag: newOwnTag() }), from)
	}

	#remember(branch: string, from: WirePeer): void {
		this.#returns.set(branch, from)
	}
}

/** The transaction that a request belongs to; an ACK for a refusal and a CANCEL share that of their INVITE. */
function transactionOf(request: SipRequest): string {
	const key = request.method === 'CANCEL' ? cancelledTransactionKey(request) : serverTransactionKey(request)
	return key ?? ''
}

function branchOf(request: SipRequest): string {
	return paramText(topVia(request)?.params ?? new Map(), 'branch') ?? ''
}

function isOwnAddress(peer: WirePeer, wire: SipWire): boolean {
	return peer.host === wire.host && peer.port === wire.port
}

/** A To tag for a response that this server makes itself. */
export function newOwnTag(): string {
	return `${OWN_TAG}${randomBytes(8).toString('hex')}`
}
