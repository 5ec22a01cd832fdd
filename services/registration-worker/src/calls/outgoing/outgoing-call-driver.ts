import type { BridgedCall, CallDriver, Side } from '@vigil/call-control'
import { BindingToken, CallContact, dialogNames, expiresWithinMs, nextHopUri } from '@vigil/call-control'
import { type AccountId, addressOfRecord, type CallId, type DeviceId, outcomeOf, reasonDetail } from '@vigil/domain'
import type { TimerHandle } from '@vigil/runtime'
import {
	buildResponse,
	callIdOf,
	createUpstreamInvite,
	parseNameAddr,
	reasonPhrase,
	renameDialogs,
	type SipMessage,
	type SipRequest,
	type SipResponse,
	startBridge,
	tagOf,
} from '@vigil/sip'
import type { Flow, ServerTransaction } from '@vigil/sip-transport'
import type { DirectoryEntry } from '../../accounts/account-directory.ts'
import { CallChallenges } from '../call-challenges.ts'
import type { CallDeps } from '../call-deps.ts'
import { outgoingIdentity } from '../call-identity.ts'
import { CallRecord } from '../call-record.ts'
import { CallUpstreamPath } from '../call-upstream-path.ts'
import { INVITE_TRANSACTION, LegDriver, type LegOwner } from '../leg-driver.ts'

/** Where an outgoing call begins. */
export interface OutgoingStart {
	readonly entry: DirectoryEntry
	readonly deviceId: DeviceId
	/** The device's INVITE, as the edge brought it. */
	readonly invite: ServerTransaction
	/** Called once, when the call is over. */
	readonly onOver: () => void
}

const ONLY_LEG = 0

/**
 * A call that a device makes through the service (registration mode 2): the device is the caller, whoever the account's
 * server finds is the callee. To the server it is a call of the account like any other, and its challenges are answered here.
 */
export class OutgoingCallDriver implements CallDriver, LegOwner {
	readonly id: CallId
	readonly accountId: AccountId
	readonly localTag: string
	readonly #deps: CallDeps
	readonly #start: OutgoingStart
	readonly #record: CallRecord
	readonly #challenges: CallChallenges
	readonly #path: CallUpstreamPath
	readonly #contact: CallContact
	readonly #bindingToken: BindingToken
	/** Our tag and Call-ID towards the server. */
	readonly #upstreamTag: string
	readonly #upstreamCallId: string
	/** Until when the device wants an answer, epoch ms. */
	readonly #expiresAtMs: number
	#leg: LegDriver | undefined
	#ringTimer: TimerHandle | undefined
	/** The first hop of the INVITE. */
	#firstHost: string | undefined
	#unreachable = false
	#answered = false
	#finalStatus = 0
	#over = false

	constructor(deps: CallDeps, start: OutgoingStart) {
		const { random, journal, clock, credentials } = deps
		this.#deps = deps
		this.#start = start
		this.id = `call_${random.token(16)}` as CallId
		this.localTag = random.token(9)
		this.#upstreamTag = random.token(9)
		this.#upstreamCallId = random.token(15)
		this.#expiresAtMs = clock.now() + (expiresWithinMs(start.invite.request) ?? Number.POSITIVE_INFINITY)
		const { account } = start.entry
		this.accountId = account.id
		this.#contact = new CallContact(account, random)
		this.#bindingToken = new BindingToken(account, this.#contact.token)
		const identity = outgoingIdentity(this.id, this.#upstreamCallId, account, start.invite.request)
		this.#record = new CallRecord(journal, clock, identity)
		this.#challenges = new CallChallenges(credentials, account.id)
		const { upstream, paths } = deps
		this.#path = new CallUpstreamPath({ upstream, registeredBy: () => paths.openFlowOf(account.id) }, account)
	}

	/** Answers 100, records the call and calls the server. */
	async begin(): Promise<void> {
		const { entry, deviceId, invite } = this.#start
		invite.respond(buildResponse(invite.request, 100))
		invite.onCancel = (cancel) => {
			this.#leg?.input({ type: 'cancel', leg: 'caller', transactionId: INVITE_TRANSACTION, cancel })
			if (!this.#leg) this.#refuse(487)
		}
		this.#record.begin(entry.account, deviceId)
		try {
			const flow = await this.#firstFlow()
			this.#firstHost = flow.remote.host
			this.#path.leftBy(flow)
			if (!this.#over) this.#call(flow)
		} catch (error) {
			this.#deps.logger.info({ callId: this.id, error: String(error) }, 'no path was found for an outgoing call')
			this.#unreachable = true
			this.#refuse(480)
		}
	}

	get answered(): boolean {
		return this.#answered
	}

	bridged(): readonly BridgedCall[] {
		return this.#leg?.bridged() ?? []
	}

	/** The edge follows the device to its new flow; nothing here changes when it attaches. */
	concerns(): boolean {
		return false
	}

	attached(): void {}

	detached(): void {}

	markUnreachableByPush(): void {}

	declined(): void {}

	request(side: Side, _legId: number | undefined, transaction: ServerTransaction): void {
		if (side === 'upstream') this.#path.cameBy(transaction.flow, transaction.request)
		if (this.#leg) this.#leg.request(side, transaction)
		else transaction.respond(buildResponse(transaction.request, 481))
	}

	ack(side: Side, _legId: number | undefined, ack: SipRequest): void {
		this.#leg?.ack(side, ack)
	}

	strayResponse(side: Side, _legId: number | undefined, response: SipResponse): void {
		this.#leg?.strayResponse(side, response)
	}

	hangUp(): void {
		if (this.#leg) this.#leg.input({ type: 'hang-up', headers: [['Reason', 'SIP;cause=503']] })
		else this.#refuse(480)
	}

	onProgress(_legId: number, status: number): void {
		this.#record.event('ringing', undefined, { status })
		this.#waitForAnswer()
	}

	onForked(callerTag: string): void {
		this.#deps.registry.addTag(callerTag, this, 'device')
	}

	onAnswered(): void {
		this.#answered = true
		this.#stopWaiting()
		this.#record.event('answered')
		this.#record.answered()
	}

	onRejected(_legId: number, _response: SipResponse, noResponse: boolean): void {
		this.#unreachable = noResponse
	}

	onEnded(_legId: number, cause: string, by: string, reasons: readonly string[]): void {
		this.#end({ cause, by, ...reasonDetail(reasons) })
	}

	onReleased(): void {
		this.#deps.registry.remove(this)
	}

	/** The path that the account's server has given, and no other: whoever is called may name any next hop. */
	async credentialsFor(request: SipRequest, response: SipResponse, flow: Flow): Promise<(readonly [string, string])[]> {
		const isOwn = flow.remote.host === this.#firstHost || this.#deps.paths.isOwnServer(this.accountId, flow)
		return isOwn ? this.#challenges.answer(request, response) : []
	}

	flowFor(side: Side, request: SipRequest): Promise<Flow> {
		if (side === 'device') return this.#deps.edge.flowTo(nextHopUri(request))
		if (tagOf(request.headers.get('To') ?? '') === undefined) return this.#firstFlow()
		return this.#path.flowTo(nextHopUri(request))
	}

	withoutBinding<Message extends SipMessage>(message: Message): Message {
		return this.#bindingToken.removedFrom(message)
	}

	sentBy(side: Side, flow: Flow): { readonly sentBy?: string } {
		const { account } = this.#start.entry
		return side === 'device' ? {} : { sentBy: this.#deps.upstream.hostPortFor(flow, account) }
	}

	/** The path of the account's REGISTERs, unless the registrar named another (RFC 3608 5). */
	#firstFlow(): Promise<Flow> {
		const { paths } = this.#deps
		const { account } = this.#start.entry
		const [first] = paths.serviceRouteOf(account.id)
		if (first === undefined || account.attributes.outboundProxy !== undefined) return paths.flowOf(account.id)
		// The Service-Route of a registrar that was reached by a connection is, as a rule, at its other end.
		const registered = paths.openFlowOf(account.id)
		if (registered) this.#path.leftBy(registered)
		return this.#path.flowTo(parseNameAddr(first)?.uri ?? first)
	}

	#call(flow: Flow): void {
		const { registry, edge, clock } = this.#deps
		const { deviceId, invite } = this.#start
		const localTag = this.#upstreamTag
		const { state, effects } = startBridge(
			{
				callerInvite: invite.request,
				callerTransactionId: INVITE_TRANSACTION,
				callerTag: this.localTag,
				callerContact: `<sip:${this.localTag}@${edge.hostPort};transport=tcp>`,
				calleeInvite: this.#upstreamInvite(flow),
				options: { challenges: 'callee', device: 'caller', earlyDialogs: 'each' },
			},
			clock.now(),
		)
		const { request, flow: arrival } = invite
		const respond = (response: SipResponse) => this.#respond(response)
		const caller: ServerTransaction = { request, flow: arrival, respond }
		const leg = { legId: ONLY_LEG, deviceId, localTag, callerSide: 'device', invite: caller, state } as const
		this.#leg = new LegDriver(this.#deps, this, leg)
		registry.addTag(localTag, this, 'upstream')
		registry.addContact(this.#contact.token, this)
		registry.callIds.add(this.accountId, { device: callIdOf(request), upstream: this.#upstreamCallId })
		this.#record.event('invite.forwarded')
		this.#waitForAnswer()
		this.#leg.begin(effects)
	}

	#upstreamInvite(flow: Flow): SipRequest {
		const { upstream, paths } = this.#deps
		const { entry, invite, deviceId } = this.#start
		const { account } = entry
		const names = dialogNames(this.#deps.registry, { from: 'device', accountId: account.id, deviceId })
		return createUpstreamInvite({
			callerInvite: renameDialogs(this.withoutBinding(invite.request), names),
			routes: paths.serviceRouteOf(account.id),
			addressOfRecord: addressOfRecord(account),
			...(account.displayName === undefined ? {} : { displayName: account.displayName }),
			localTag: this.#upstreamTag,
			callId: this.#upstreamCallId,
			contact: this.#contact.at(upstream.hostPortFor(flow, account)),
		})
	}

	/** Timer C of RFC 3261 16.6: each sign of life gives the callee more time, up to what the device itself allows. */
	#waitForAnswer(): void {
		this.#stopWaiting()
		const { clock, ringWithinMs } = this.#deps
		const untilExpiryMs = Math.max(0, this.#expiresAtMs - clock.now())
		// RFC 3261 13.3.1: an INVITE that expired is answered as one that was cancelled.
		const status = untilExpiryMs <= ringWithinMs ? 487 : 408
		this.#ringTimer = clock.setTimer(Math.min(ringWithinMs, untilExpiryMs), () => {
			this.#leg?.input({ type: 'hang-up', status, headers: [['Reason', `SIP;cause=${status}`]] })
		})
	}

	#stopWaiting(): void {
		if (this.#ringTimer !== undefined) this.#deps.clock.clearTimer(this.#ringTimer)
		this.#ringTimer = undefined
	}

	#respond(response: SipResponse): void {
		const told = this.#unreachable ? unreachable(response) : forDevice(response)
		if (told.status >= 200) this.#finalStatus = told.status
		this.#start.invite.respond(told)
	}

	/** Answers while there is no bridge yet. */
	#refuse(status: number): void {
		if (this.#over) return
		this.#respond(buildResponse(this.#start.invite.request, status, undefined, { toTag: this.localTag }))
		this.#end({ status: this.#finalStatus })
		this.#deps.registry.remove(this)
	}

	#end(detail: Readonly<Record<string, string | number>>): void {
		if (this.#over) return
		this.#over = true
		this.#stopWaiting()
		const outcome = this.#answered ? 'answered' : outcomeOf(this.#finalStatus)
		this.#record.end(outcome, this.#finalStatus, detail)
		this.#start.onOver()
	}
}

/** RFC 3261 16.7 step 6: the 503 of another server says nothing of this one, so it goes on as 500, with the cause. */
function forDevice(response: SipResponse): SipResponse {
	if (response.status !== 503) return response
	const headers = response.headers.clone().remove('Retry-After').append('Reason', 'SIP;cause=503')
	return { ...response, status: 500, reason: 'SIP Server Unavailable', headers }
}

/** Nobody answered at all (408), or nothing could be sent. */
function unreachable(response: SipResponse): SipResponse {
	if (response.status === 408) return { ...response, reason: reasonPhrase(408) }
	return { ...response, status: 500, reason: 'SIP Server Cannot Be Reached' }
}
