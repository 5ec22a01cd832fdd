import type { PushJob } from '@vigil/contracts'
import type { DeviceId, WithdrawReason } from '@vigil/domain'
import { toWall } from '@vigil/runtime'
import type { CallDeps } from '../call-deps.ts'
import type { CallOwner } from '../ports/call-target.ts'
import type { CallIdentity } from './call-identity.ts'
import type { CallRecord } from './call-record.ts'

/** A phone that hears later than this that a call is over has closed its screen by the deadline of the call. */
const CALL_OFF_WITHIN_MS = 30_000

type PushDeps = Pick<CallDeps, 'enqueuePush' | 'clock' | 'random' | 'logger'>

/** The pushes of one call. */
export class CallPushes {
	readonly #deps: PushDeps
	readonly #owner: CallOwner
	readonly #identity: CallIdentity
	readonly #record: CallRecord

	constructor(deps: PushDeps, owner: CallOwner, identity: CallIdentity, record: CallRecord) {
		this.#deps = deps
		this.#owner = owner
		this.#identity = identity
		this.#record = record
	}

	/** Tells a device of the call, until an instant of this process's own time. What becomes of the push is on the call's timeline. */
	wake(deviceId: DeviceId, deadlineMs: number): void {
		this.#record.event('push.queued', deviceId)
		this.#enqueue('call', deviceId, toWall(this.#deps.clock, deadlineMs)).catch((error: unknown) => {
			this.#deps.logger.error({ callId: this.#identity.callId, deviceId, error: String(error) }, 'push not queued')
			this.#record.event('push.refused', deviceId, { reason: 'the queue did not take it' })
		})
	}

	/** Tells a device that was told of the call that it is over; also ends what still tries to wake it. */
	cancelPush(deviceId: DeviceId, reason: WithdrawReason): void {
		const deadlineMs = this.#deps.clock.wall() + CALL_OFF_WITHIN_MS
		this.#enqueue('call-cancelled', deviceId, deadlineMs, reason).catch((error: unknown) => {
			const { callId } = this.#identity
			this.#deps.logger.info({ callId, deviceId, error: String(error) }, 'push of the end not queued')
		})
	}

	#enqueue(
		intent: Exclude<PushJob['intent'], 'refresh' | 'test'>,
		deviceId: DeviceId,
		deadlineMs: number,
		reason?: WithdrawReason,
	): Promise<void> {
		const { clock, random, enqueuePush } = this.#deps
		const { callId, sipCallId, from, to } = this.#identity
		const { accountId, tenantId } = this.#owner
		const pushId = random.token(16)
		const enqueuedAtMs = clock.wall()
		const call = { tenantId, accountId, deviceId, callId, sipCallId, from, to }
		const job = { pushId, ...call, enqueuedAtMs, deadlineMs }
		return enqueuePush(intent === 'call' ? { intent, ...job } : { intent, ...job, reason })
	}
}
