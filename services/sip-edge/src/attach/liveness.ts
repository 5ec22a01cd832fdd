import { BoundedMap, CONTACT_NOTED_EVERY_MS, type DeviceId } from '@vigil/domain'
import { type Clock, type Logger, type TimerHandle, toWall } from '@vigil/runtime'
import type { Flow } from '@vigil/sip-transport'
import type { EdgeCounters } from '../counters.ts'
import type { EdgeContacts, EdgeForegroundLeases } from '../ports.ts'

/** Shorter than the shortest lease that an app may ask for. */
const RENEW_EVERY_MS = 10_000
/** How far a living connection carries a lease; when the app dies with it, the lease lapses after this at the latest. */
const RENEWED_FOR_MS = 45_000
/** Beyond the keep-alive time that devices are told, a connection may be silent for so long and still counts as alive. */
const SILENCE_GRACE_MS = 30_000
/** Bounds the memory of contacts; the oldest are written once more than needed. */
const MAX_REMEMBERED = 50_000

export interface LivenessOptions {
	readonly foregroundLeases: EdgeForegroundLeases
	readonly contacts: EdgeContacts
	/** Every attached device with its flow. */
	readonly attached: () => Iterable<readonly [DeviceId, Flow]>
	/** When the device's binding ends, by the process's own time. */
	readonly expiresAtMs: (deviceId: DeviceId) => number | undefined
	/** Keep-alive time that devices are told. */
	readonly flowTimerSeconds: number
	readonly clock: Clock
	readonly logger: Logger
	readonly counters: EdgeCounters
}

/**
 * Tells the stores that devices are alive. An app in the foreground that is attached needs no request to keep its lease: a
 * connection that lives prolongs it by a little, every few seconds and for all devices in one statement. UDP has no
 * connection that could end, so there the lease goes on for as long as the binding of the last REGISTER.
 */
export class Liveness {
	readonly #options: LivenessOptions
	readonly #notedMs = new BoundedMap<DeviceId, number>(MAX_REMEMBERED)
	/** Leases that a REGISTER over UDP prolongs with the next statement. */
	#registered = new Map<DeviceId, number>()
	readonly #writes = new Set<Promise<void>>()
	#timer: TimerHandle | undefined

	constructor(options: LivenessOptions) {
		this.#options = options
	}

	/** From now on leases are renewed. */
	start(): void {
		this.#timer = this.#options.clock.setTimer(RENEW_EVERY_MS, () => {
			this.#inBackground('leases could not be renewed', this.#renew())
			this.start()
		})
	}

	/** Resolves when no write is under way. */
	async close(): Promise<void> {
		if (this.#timer) this.#options.clock.clearTimer(this.#timer)
		await Promise.all(this.#writes)
	}

	/** A REGISTER of the device was accepted. */
	accepted(deviceId: DeviceId, flow: Flow | undefined): void {
		this.#noteContact(deviceId)
		const expiresAtMs = this.#options.expiresAtMs(deviceId)
		if (flow?.reliable === false && expiresAtMs !== undefined) this.#registered.set(deviceId, expiresAtMs)
	}

	#noteContact(deviceId: DeviceId): void {
		const { clock, contacts } = this.#options
		const nowMs = clock.now()
		const notedMs = this.#notedMs.get(deviceId)
		if (notedMs !== undefined && nowMs < notedMs + CONTACT_NOTED_EVERY_MS) return
		this.#notedMs.set(deviceId, nowMs)
		const noted = contacts.noteContact({ id: deviceId }, clock.wall()).catch((error: unknown) => {
			this.#notedMs.delete(deviceId)
			throw error
		})
		this.#inBackground('the contact of a device could not be noted', noted)
	}

	async #renew(): Promise<void> {
		const { foregroundLeases, clock, counters } = this.#options
		const nowMs = clock.now()
		const registered = this.#registered
		const untilMs = new Map([...registered, ...this.#onLivingConnections(nowMs)])
		if (untilMs.size === 0) return
		this.#registered = new Map()
		try {
			const inWallTime = new Map([...untilMs].map(([deviceId, ms]) => [deviceId, toWall(clock, ms)]))
			counters.leasesRenewed += await foregroundLeases.renewLeases(inWallTime, clock.wall())
		} catch (error) {
			// Connections are looked at anew; what a REGISTER said would be lost, unless a newer one has said more.
			this.#registered = new Map([...registered, ...this.#registered])
			throw error
		}
	}

	*#onLivingConnections(nowMs: number): Generator<[DeviceId, number]> {
		const heardSinceMs = nowMs - this.#options.flowTimerSeconds * 1000 - SILENCE_GRACE_MS
		for (const [deviceId, flow] of this.#options.attached()) {
			const { closed, lastReceivedMs } = flow
			if (closed || lastReceivedMs === undefined || lastReceivedMs < heardSinceMs) continue
			yield [deviceId, nowMs + RENEWED_FOR_MS]
		}
	}

	#inBackground(failure: string, work: Promise<unknown>): void {
		const { counters, logger } = this.#options
		const write: Promise<void> = work
			.then(
				() => undefined,
				(error: unknown) => {
					counters.storeFailures++
					logger.warn({ err: error }, failure)
				},
			)
			.finally(() => this.#writes.delete(write))
		this.#writes.add(write)
	}
}
