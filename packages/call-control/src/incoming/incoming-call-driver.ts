import {
	type CallId,
	callTokens,
	type DeviceBinding,
	type DeviceId,
	type HeldCall,
	type HeldCallEffect,
	type HeldCallInput,
	newHeldCall,
	reasonDetail,
	stepHeldCall,
} from '@vigil/domain'
import { MachineRunner } from '@vigil/runtime'
import { buildResponse, type SipRequest, type SipResponse } from '@vigil/sip'
import type { Flow, ServerTransaction } from '@vigil/sip-transport'
import type { CallDeps } from '../call-deps.ts'
import { expiresWithinMs } from '../leg/invite-expires.ts'
import type { LegDriver, LegOwner } from '../leg/leg-driver.ts'
import { reasonHeaders, reasonsOf } from '../leg/reason-headers.ts'
import type { CallSide } from '../ports/call-side.ts'
import type { CallTarget } from '../ports/call-target.ts'
import type { SourceVerdict } from '../ports/call-targets.ts'
import { type CallIdentity, callIdentity } from '../record/call-identity.ts'
import { CallPushes } from '../record/call-pushes.ts'
import { CallRecord } from '../record/call-record.ts'
import type { BridgedCall, CallDriver, Side } from '../registry/call-driver.ts'
import { deviceReplaced } from '../registry/dialog-names.ts'
import { beginDeviceLeg } from './device-leg.ts'
import { readRefusal } from './device-refusal.ts'
import { OwnDialog } from './own-dialog.ts'
import { RingBack } from './ring-back.ts'
import { WaitingCaller } from './waiting-caller.ts'

/** One INVITE for a target and everything that follows from it: executes the held-call machine, owns the legs. */
export class IncomingCallDriver implements CallDriver, LegOwner {
	readonly id: CallId
	readonly targetId: string
	readonly localTag: string
	readonly #deps: CallDeps
	readonly #target: CallTarget
	readonly #side: CallSide
	readonly #invite: ServerTransaction
	readonly #waiting: WaitingCaller
	readonly #identity: CallIdentity
	readonly #record: CallRecord
	readonly #pushes: CallPushes
	readonly #ringBack: RingBack
	readonly #ownDialog: OwnDialog
	readonly #release: () => void
	readonly #legs = new Map<number, LegDriver>()
	readonly #rejections = new Map<number, SipResponse>()
	readonly #machine: MachineRunner<HeldCall, HeldCallInput, HeldCallEffect>
	#answeredLeg: number | undefined
	#lastProgress: number | undefined

	/** `release` gives back the place of a call that waits: it is answered, or all who were woken for it know that it is over. */
	constructor(deps: CallDeps, target: CallTarget, invite: ServerTransaction, release: () => void) {
		this.#deps = deps
		this.#target = target
		this.#side = target.newSide()
		this.#invite = invite
		this.#release = release
		this.id = `call_${deps.random.token(16)}` as CallId
		this.targetId = target.id
		this.localTag = deps.random.token(9)
		this.#identity = callIdentity(this.id, target, invite.request)
		this.#record = new CallRecord(deps.journal, deps.clock, this.#identity, target.owner)
		this.#pushes = new CallPushes(deps, target.owner, this.#identity, this.#record)
		this.#side.invitedBy(invite.flow, invite.request)
		const { clock, random } = deps
		const contact = this.#upstreamContact()
		const ours = { localTag: this.localTag, contact, clock }
		this.#waiting = new WaitingCaller({ invite, ...ours })
		this.#ringBack = new RingBack({ invite: this.#waiting.invite, ...ours, random })
		this.#ownDialog = new OwnDialog(invite.request, this.localTag, contact)
		const driver = {
			clock,
			step: stepHeldCall,
			execute: (effect: HeldCallEffect) => this.#execute(effect),
			settled: () => this.#forgetWhenDone(),
			failed: (error: unknown) => deps.logger.error({ err: error, callId: this.id }, 'a step of a held call failed'),
		}
		this.#machine = new MachineRunner(driver, newHeldCall())
	}

	get #held(): HeldCall {
		return this.#machine.state
	}

	/** Answers 100, records the call and whether it comes from an unusual place, and asks the machine whom to wake and whom to ring. */
	begin(source: SourceVerdict): void {
		const { id, owner, devices, autoSend180 } = this.#target
		const holder = deviceReplaced(this.#deps.registry, id, this.#invite.request)
		const mayTake = ({ id }: { readonly id: DeviceId }) => holder === undefined || id === holder
		this.#invite.respond(buildResponse(this.#invite.request, 100))
		this.#deps.registry.addContact(this.#side.contactToken, this)
		this.#invite.onCancel = (cancel) => this.#input({ type: 'cancelled', reasons: reasonsOf(cancel) })
		const { transport, remote } = this.#invite.flow
		this.#record.begin(
			owner,
			undefined,
			source === 'usual' ? undefined : { unusualSource: `${transport}:${remote.host}` },
		)
		this.#waiting.start()
		this.#input({
			type: 'invite',
			autoSend180,
			wakeWithinMs: this.#deps.wakeWithinMs,
			ringWithinMs: this.#deps.ringWithinMs,
			expiresWithinMs: expiresWithinMs(this.#invite.request),
			devices: devices.filter(mayTake).map((device) => ({
				deviceId: device.id,
				binding: this.#deps.devices.bindingOf(device.id),
				wakeable: callTokens(device).length > 0,
			})),
		})
	}

	bridged(): readonly BridgedCall[] {
		return [...this.#legs.values()].flatMap((driver) => driver.bridged())
	}

	concerns(deviceId: DeviceId): boolean {
		return this.#target.devices.some((device) => device.id === deviceId)
	}

	attached(binding: DeviceBinding): void {
		this.#input({ type: 'attached', binding })
	}

	detached(deviceId: DeviceId, bindingId: string): void {
		this.#input({ type: 'detached', deviceId, bindingId })
	}

	markUnreachableByPush(deviceId: DeviceId): void {
		this.#input({ type: 'unreachable-by-push', deviceId })
	}

	declined(deviceId: DeviceId | undefined): void {
		this.#input({ type: 'declined', deviceId })
	}

	request(side: Side, legId: number | undefined, transaction: ServerTransaction): void {
		if (side === 'upstream') this.#side.cameBy(transaction.flow, transaction.request)
		if (side === 'upstream' && this.#ringBack.acknowledged(transaction)) return
		const driver = this.#driverFor(legId)
		const unanswered = this.#held.phase !== 'answered'
		// Before the answer a BYE ends the whole call, whoever rings.
		const stands = driver && !(unanswered && (driver.over || transaction.request.method === 'BYE'))
		if (side === 'upstream' && !stands) this.#respondToCaller(transaction)
		else if (driver) driver.request(side, transaction)
		else transaction.respond(buildResponse(transaction.request, 481))
	}

	#respondToCaller(transaction: ServerTransaction): void {
		const { request } = transaction
		const { response, endsCall } = this.#ownDialog.respond(request, this.#held.phase !== 'held')
		transaction.respond(response)
		if (endsCall) this.#input({ type: 'cancelled', reasons: reasonsOf(request) })
	}

	ack(side: Side, legId: number | undefined, ack: SipRequest, flow: Flow): void {
		if (side === 'upstream') this.#side.cameBy(flow, ack)
		this.#driverFor(legId)?.ack(side, ack)
	}

	strayResponse(side: Side, legId: number | undefined, response: SipResponse): void {
		this.#driverFor(legId)?.strayResponse(side, response)
	}

	hangUp(): void {
		if (this.#answeredLeg === undefined) this.#input({ type: 'stopped' })
		else this.#legs.get(this.#answeredLeg)?.input({ type: 'hang-up', headers: [['Reason', 'SIP;cause=503']] })
	}

	get answered(): boolean {
		return this.#answeredLeg !== undefined
	}

	onProgress(legId: number, status: number): void {
		this.#lastProgress = legId
		this.#input({ type: 'leg-ringing', legId, status })
	}

	onAnswered(legId: number): void {
		this.#ringBack.stop()
		this.#answeredLeg = legId
		this.#release()
		this.#input({ type: 'leg-answered', legId })
	}

	onRejected(legId: number, response: SipResponse, noResponse: boolean): void {
		const refusal = readRefusal(response, noResponse)
		if (refusal.response) this.#rejections.set(legId, refusal.response)
		const { status, isUnreachable: unreachable } = refusal
		this.#input({ type: 'leg-refused', legId, status, unreachable, reasons: reasonsOf(response) })
		const deviceId = this.#legs.get(legId)?.deviceId
		if (refusal.isRemoved && deviceId !== undefined) this.markUnreachableByPush(deviceId)
	}

	onEnded(legId: number, cause: string, by: string, reasons: readonly string[]): void {
		if (legId !== this.#answeredLeg) return
		this.#record.end('answered', 200, { cause, by, ...reasonDetail(reasons) })
	}

	onReleased(legId: number): void {
		const driver = this.#legs.get(legId)
		if (driver) this.#deps.registry.removeTag(driver.localTag)
		this.#legs.delete(legId)
		this.#machine.settle()
	}

	#input(input: HeldCallInput): void {
		this.#machine.input(input)
	}

	#execute(effect: HeldCallEffect): void {
		switch (effect.type) {
			case 'wake':
				this.#pushes.wake(effect.deviceId, effect.deadlineMs)
				return
			case 'cancel-push':
				this.#pushes.cancelPush(effect.deviceId, effect.reason)
				return
			case 'ring':
				this.#ring(effect)
				return
			case 'withdraw':
				this.#legs.get(effect.legId)?.input({ type: 'withdraw', headers: reasonHeaders(effect) })
				return
			case 'ring-back':
				this.#ringBack.send()
				return
			case 'refuse':
				this.#refuse(effect.status, effect.legId)
				return
			case 'record':
				this.#record.event(effect.kind, effect.deviceId, effect.detail)
				return
			case 'outcome':
				this.#conclude(effect)
		}
	}

	#ring(effect: Extract<HeldCallEffect, { type: 'ring' }>): void {
		const leg = beginDeviceLeg(this.#deps, this, {
			callId: this.id,
			legId: effect.legId,
			binding: effect.binding,
			target: this.#target,
			side: this.#side,
			invite: this.#waiting.invite,
			upstreamTag: this.localTag,
			upstreamContact: this.#upstreamContact(),
			forked: this.#target.devices.length > 1,
			expiresAtMs: this.#held.expiresAtMs,
			lastRSeq: this.#ringBack.rseq,
		})
		this.#legs.set(effect.legId, leg.driver)
		this.#deps.registry.addTag(leg.driver.localTag, this, 'device', effect.legId)
		const remoteTarget = this.#ownDialog.movedTo
		if (remoteTarget !== undefined) leg.driver.input({ type: 'retarget', leg: 'caller', remoteTarget })
		leg.driver.begin(leg.effects)
	}

	#conclude({ outcome, status, deviceId }: Extract<HeldCallEffect, { type: 'outcome' }>): void {
		if (outcome === 'answered' && deviceId !== undefined) this.#record.answered(deviceId)
		else this.#record.end(outcome, status, { outcome, status })
	}

	#refuse(status: number, legId: number | undefined): void {
		this.#ringBack.stop()
		const rejection = legId === undefined ? undefined : this.#rejections.get(legId)
		this.#waiting.invite.respond(rejection ?? this.#ownResponse(status))
	}

	#ownResponse(status: number): SipResponse {
		return buildResponse(this.#invite.request, status, undefined, { toTag: this.localTag })
	}

	#upstreamContact(): string {
		return this.#side.contactFor(this.#invite.flow)
	}

	#driverFor(legId: number | undefined): LegDriver | undefined {
		return this.#legs.get(legId ?? this.#answeredLeg ?? this.#lastProgress ?? -1)
	}

	#forgetWhenDone(): void {
		if (this.#held.phase === 'held' || this.#legs.size > 0) return
		const lingering = this.#held.phase === 'over' && this.#held.lingerUntilMs > this.#deps.clock.now()
		if (lingering) return
		this.#machine.stop()
		this.#release()
		this.#deps.registry.remove(this)
	}
}
