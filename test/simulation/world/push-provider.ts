import type { DeviceId, PushAttempt, PushOutcome, PushSender } from '@vigil/domain'
import type { SimulatedProcess } from './process.ts'

/** A push as the provider took it. */
export interface TakenPush {
	readonly attempt: PushAttempt
	readonly atMs: number
	/** The dispatcher heard that it was taken. */
	told: boolean
}

/** A push provider in memory: takes a moment, sometimes cannot now, and brings the push to the phone later. */
export class PushProvider implements PushSender {
	readonly taken: TakenPush[] = []
	readonly #process: SimulatedProcess
	readonly #deliver: (deviceId: DeviceId) => void

	constructor(process: SimulatedProcess, deliver: (deviceId: DeviceId) => void) {
		this.#process = process
		this.#deliver = deliver
	}

	async send(_app: unknown, credential: () => Promise<unknown>, attempt: PushAttempt): Promise<PushOutcome> {
		const { clock, random } = this.#process
		await credential()
		await this.#pause(20, 200)
		if (clock.wall() > attempt.deadlineMs) return { kind: 'expired' }
		if (random.chance(0.1)) return { kind: 'retry', providerStatus: 503, reason: 'ServiceUnavailable' }
		const push: TakenPush = { attempt, atMs: clock.now(), told: false }
		this.taken.push(push)
		if (attempt.intent === 'call') {
			clock.setTimer(random.integer(50, 1500), () => this.#deliver(attempt.deviceId))
		}
		await this.#pause(20, 200)
		push.told = true
		return { kind: 'accepted', providerStatus: 200, providerId: attempt.pushId }
	}

	async close(): Promise<void> {}

	#pause(minMs: number, maxMs: number): Promise<void> {
		const { clock, random } = this.#process
		return new Promise((resolve) => clock.setTimer(random.integer(minMs, maxMs), resolve))
	}
}
