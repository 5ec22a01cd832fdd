import type { PushJob } from '@vigil/contracts'
import { BoundedMap, type WakeResult } from '@vigil/domain'

/** A push for a call. */
export type CallPush = Extract<PushJob, { intent: 'call' }>

interface SharedWake {
	/** The push that wakes the device, or has woken it. */
	readonly leader: CallPush
	/** A provider took it. */
	isAccepted: boolean
	/** Its call is over: the app may hear so, and not attach for the others. */
	isCancelled: boolean
	/** Calls that the same wake serves: the device rings for them when it attaches. */
	served: CallPush[]
}

/** Devices remembered; the oldest is forgotten first. */
const MOST = 20_000

/**
 * Further calls for a sleeping device that was pushed often just now need no push while one is on its way: who attaches gets the INVITEs of
 * all of them. iOS demands a report for each VoIP push, and none for a call that comes to an app which runs. Reads no clock.
 */
export class SharedWakes {
	readonly #byDevice = new BoundedMap<string, SharedWake>(MOST)

	/** The push that serves this one too: the device has not come for it yet. */
	serving(push: CallPush): CallPush | undefined {
		const wake = this.#byDevice.get(push.deviceId)
		if (!wake || wake.leader.deadlineMs < push.enqueuedAtMs) return undefined
		return wake.leader
	}

	/** The call rings by that wake. */
	serve(push: CallPush): void {
		this.#byDevice.get(push.deviceId)?.served.push(push)
	}

	/** The push is sent for its own sake; later ones may be served by it. */
	lead(push: CallPush, served: readonly CallPush[]): void {
		this.#byDevice.set(push.deviceId, {
			leader: push,
			isAccepted: false,
			isCancelled: false,
			served: [...served],
		})
	}

	/** A push that led has ended; gives those that need one of their own now. */
	ended(push: CallPush, { kind }: WakeResult): readonly CallPush[] {
		const wake = this.#byDevice.get(push.deviceId)
		if (wake?.leader !== push) return []
		if (kind === 'accepted' && !wake.isCancelled) {
			wake.isAccepted = true
			return []
		}
		this.#byDevice.delete(push.deviceId)
		return wake.served
	}

	/** The device is there: whom the wake served has been served. Of calls asked for after that instant (epoch ms) it says nothing. */
	attached(deviceId: string, atMs: number): void {
		const wake = this.#byDevice.get(deviceId)
		if (!wake) return
		wake.served = wake.served.filter(({ enqueuedAtMs }) => enqueuedAtMs > atMs)
		if (wake.leader.enqueuedAtMs <= atMs && wake.served.length === 0) this.#byDevice.delete(deviceId)
	}

	/** The device has left, whatever it was pushed for: gives those calls that it has not come for since. */
	detached(deviceId: string): readonly CallPush[] {
		const wake = this.#byDevice.get(deviceId)
		if (!wake?.isAccepted) return []
		this.#byDevice.delete(deviceId)
		return wake.served
	}

	/**
	 * A call is over. An app that hears so of the call that it was woken for may not attach any more, so the others that the wake
	 * served need one of their own: they are given.
	 */
	cancelled(callId: string, deviceId: string): readonly CallPush[] {
		const wake = this.#byDevice.get(deviceId)
		if (!wake) return []
		wake.served = wake.served.filter((push) => push.callId !== callId)
		if (wake.leader.callId !== callId) return []
		wake.isCancelled = true
		if (!wake.isAccepted) return []
		this.#byDevice.delete(deviceId)
		return wake.served
	}
}
