import { type CallId, type DeviceId, outcomeOf, reasonDetail } from '@vigil/domain'
import type { TimerHandle } from '@vigil/runtime'
import {
	buildResponse,
	callIdOf,
	createUpstreamInvite,
	reasonPhrase,
	renameDialogs,
	type SipRequest,
	type SipResponse,
	startBridge,
} from '@vigil/sip'
import type { Flow, ServerTransaction } from '@vigil/sip-transport'
import type { CallDeps } from '../call-deps.ts'
import { expiresWithinMs } from '../leg/invite-expires.ts'
import { INVITE_TRANSACTION, LegDriver, type LegOwner } from '../leg/leg-driver.ts'
import type { CallSide } from '../ports/call-side.ts'
import type { CallTarget } from '../ports/call-target.ts'
import { outgoingIdentity } from '../record/call-identity.ts'
import { CallRecord } from '../record/call-record.ts'
import type { BridgedCall, CallDriver, Side } from '../registry/call-driver.ts'
import { dialogNames } from '../registry/dialog-names.ts'

/** Where an outgoing call begins. */
export interface OutgoingStart {
	/** By which the device calls. */
	readonly line: CallTarget
	readonly deviceId: DeviceId
	/** The device's INVITE, as the edge brought it. */
	readonly invite: ServerTransaction
	/** Called once, when the call is over. */
	readonly onOver: () => void
}

const ONLY_LEG = 0

/**
 * A call that a device makes through the service (registration mode 2): the device is the caller, whoever the line's
 * server finds is the callee. To the server it is a call of the line like any other.
 */
export class OutgoingCallDriver implements CallDriver, LegOwner {
	readonly id: CallId
	readonly targetId: string
	readonly localTag: string
	readonly #deps: CallDeps
	readonly #start: OutgoingStart
	readonly #record: CallRecord
	readonly #side: CallSide
	/** Our tag and Call-ID towards the server. */
	readonly #upstreamTag: string
	readonly #upstreamCallId: string
	/** Until when the device wants an answer, epoch ms. */
	readonly #expiresAtMs: number
	#leg: LegDriver | undefined
	#ringTimer: TimerHandle | undefined
	#unreachable = false
	#answered = false
	#finalStatus = 0
	#over = false

	constructor(deps: CallDeps, start: OutgoingStart) {
		const { random, journal, clock } = deps
		this.#deps = deps
		this.#start = start
		this.id = `call_${random.token(16)}` as CallId
		this.localTag = random.token(9)
		this.#upstreamTag = random.token(9)
		this.#upstreamCallId = random.token(15)
		this.#expiresAtMs = clock.now() + (expiresWithinMs(start.invite.request) ?? Number.POSITIVE_INFINITY)
		this.targetId = start.line.id
		this.#side = start.line.newSide()
		const identity = outgoingIdentity(this.id, this.#upstreamCallId, start.line, start.invite.request)
		this.#record = new CallRecord(journal, clock, identity, start.line.owner)
	}

	/** Answers 100, records the call and calls the server. */
	async begin(): Promise<void> {
		const { line, deviceId, invite } = this.#start
		invite.respond(buildResponse(invite.request, 100))
		invite.onCancel = (cancel) => {
			this.#leg?.input({ type: 'cancel', leg: 'caller', transactionId: INVITE_TRANSACTION, cancel })
			if (!this.#leg) this.#refuse(487)
		}
		this.#record.begin(line.owner, deviceId)
		try {
			const flow = await this.#side.firstFlow()
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
		if (side === 'upstream') this.#side.cameBy(transaction.flow, transaction.request)
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

	#call(flow: Flow): void {
		const { registry, devices, clock } = this.#deps
		const { deviceId, invite } = this.#start
		const localTag = this.#upstreamTag
		const { state, effects } = startBridge(
			{
				callerInvite: invite.request,
				callerTransactionId: INVITE_TRANSACTION,
				callerTag: this.localTag,
				callerContact: `<sip:${this.localTag}@${devices.hostPort};transport=tcp>`,
				calleeInvite: this.#upstreamInvite(flow),
				options: { challenges: 'callee', device: 'caller', earlyDialogs: 'each' },
			},
			clock.now(),
		)
		const { request, flow: arrival } = invite
		const respond = (response: SipResponse) => this.#respond(response)
		const caller: ServerTransaction = { request, flow: arrival, respond }
		const sides = { callerSide: 'device', upstream: this.#side } as const
		const leg = { legId: ONLY_LEG, deviceId, localTag, ...sides, invite: caller, state }
		this.#leg = new LegDriver(this.#deps, this, leg)
		registry.addTag(localTag, this, 'upstream')
		registry.addContact(this.#side.contactToken, this)
		registry.callIds.add(this.targetId, { device: callIdOf(request), upstream: this.#upstreamCallId })
		this.#record.event('invite.forwarded')
		this.#waitForAnswer()
		this.#leg.begin(effects)
	}

	#upstreamInvite(flow: Flow): SipRequest {
		const { line, invite, deviceId } = this.#start
		const { addressOfRecord, displayName } = line
		const names = dialogNames(this.#deps.registry, { from: 'device', targetId: line.id, deviceId })
		return createUpstreamInvite({
			callerInvite: renameDialogs(this.#side.withoutSecrets(invite.request), names),
			routes: this.#side.routes,
			addressOfRecord,
			...(displayName === undefined ? {} : { displayName }),
			localTag: this.#upstreamTag,
			callId: this.#upstreamCallId,
			contact: this.#side.contactFor(flow),
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
