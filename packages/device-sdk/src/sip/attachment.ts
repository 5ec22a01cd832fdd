import { type UserAgent, UserAgentState } from 'sip.js'
import { NetworkError } from '../api/errors.ts'
import { Events, type Unsubscribe } from '../events.ts'
import { waitAtMost } from '../timers.ts'
import { RegisterError, Registration } from './registration.ts'
import { createUserAgent, type DeviceUserAgent, type DeviceUserAgentOptions } from './user-agent.ts'

/**
 * `detached` nothing is open; `attaching` the first connection is being made; `attached` the edge can reach the device;
 * `reattaching` the connection was lost and is being made again.
 */
export type AttachmentState = 'detached' | 'attaching' | 'attached' | 'reattaching'

export interface AttachmentOptions extends Omit<DeviceUserAgentOptions, 'onDisconnect'> {
	/** Seconds of registration to ask for. */
	readonly expiresSeconds: number
	/** A number in [0, 1). */
	random(): number
}

interface AttachmentEvents {
	state: AttachmentState
	/** The edge refuses this device; it will not be tried again. */
	refused: RegisterError
}

/** What lasts from attach to detach. */
interface Run {
	agent: DeviceUserAgent | undefined
	registration: Registration | undefined
	/** Resolves when the present connection is lost. */
	lost: PromiseWithResolvers<void> | undefined
	live: boolean
	failure?: unknown
	grantedSeconds?: number
	attachedAtMs: number
	readonly stopped: Promise<void>
	readonly stop: () => void
	/** Settles with the first success, or when it is given up. */
	readonly attached: PromiseWithResolvers<void>
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000
/** An attachment that was lost sooner counts as one more failure, so that a flapping edge is not hammered. */
const STEADY_MS = 10_000
/** A registration is renewed when this much of it is left. */
const RENEW_AT = 0.2
/** How long a goodbye to the edge may take, milliseconds. */
const GOODBYE_MS = 2000

/**
 * Keeps the device attached at the edge: connects, registers, renews, and begins anew when the connection is lost, with
 * growing pauses. Calls live on over the next connection.
 */
export class Attachment {
	readonly #options: AttachmentOptions
	readonly #events = new Events<AttachmentEvents>()
	#state: AttachmentState = 'detached'
	#run: Run | undefined

	constructor(options: AttachmentOptions) {
		this.#options = options
	}

	get state(): AttachmentState {
		return this.#state
	}

	/** The user agent that calls, while the device is attached. */
	get userAgent(): UserAgent | undefined {
		return this.#state === 'attached' ? this.#run?.agent?.userAgent : undefined
	}

	on<Name extends keyof AttachmentEvents>(
		name: Name,
		listener: (payload: AttachmentEvents[Name]) => void,
	): Unsubscribe {
		return this.#events.on(name, listener)
	}

	/**
	 * Resolves when the edge has bound the device; tries again until `timeoutMs` is over. Called while attached or
	 * attaching it waits for the same.
	 *
	 * @throws RegisterError when the edge refuses the device, NetworkError when it was not reached in time.
	 */
	attach(timeoutMs: number): Promise<void> {
		if (this.#state === 'attached') return Promise.resolve()
		this.#run ??= this.#start()
		return this.#inTime(this.#run, timeoutMs)
	}

	/** Removes the binding at the edge and closes the connection. */
	async detach(): Promise<void> {
		const run = this.#run
		if (!run) return
		this.#run = undefined
		if (this.#state === 'attached') await this.#goodbye(run)
		this.#end(run)
		this.#enter('detached')
	}

	#start(): Run {
		const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
		const attached = Promise.withResolvers<void>()
		attached.promise.catch(() => {})
		const run: Run = {
			agent: undefined,
			registration: undefined,
			lost: undefined,
			live: true,
			attachedAtMs: 0,
			stopped,
			stop,
			attached,
		}
		this.#enter('attaching')
		this.#keepAttached(run).catch((error: unknown) => this.#options.onFault(error))
		return run
	}

	async #inTime(run: Run, timeoutMs: number): Promise<void> {
		const { timers } = this.#options
		const timer = timers.setTimer(timeoutMs, () => {
			if (this.#run !== run || this.#state === 'attached') return
			this.#giveUp(run, new NetworkError(`the edge was not reached within ${timeoutMs} ms`, run.failure))
		})
		try {
			await run.attached.promise
		} finally {
			timers.clearTimer(timer)
		}
	}

	async #keepAttached(run: Run): Promise<void> {
		const { timers } = this.#options
		for (let failures = 0; run.live; failures++) {
			run.attachedAtMs = Number.POSITIVE_INFINITY
			try {
				await this.#attachOnce(run)
				await this.#renewUntilLost(run)
			} catch (error) {
				run.failure = error
				if (run.live && error instanceof RegisterError && !error.mayPass) return this.#refused(run, error)
			}
			if (!run.live) return
			run.agent?.transport.disconnect()
			if (this.#state === 'attached') this.#enter('reattaching')
			if (timers.now() - run.attachedAtMs > STEADY_MS) failures = 0
			await this.#pause(run, this.#pauseMs(failures))
		}
	}

	/** One connection and one REGISTER. */
	async #attachOnce(run: Run): Promise<void> {
		run.lost = Promise.withResolvers<void>()
		run.agent ??= createUserAgent({ ...this.#options, onDisconnect: () => run.lost?.resolve() })
		const { identity, expiresSeconds } = this.#options
		run.registration ??= new Registration(run.agent.userAgent, identity.instanceId, expiresSeconds)
		if (run.agent.userAgent.state === UserAgentState.Stopped) await run.agent.userAgent.start()
		else await run.agent.userAgent.reconnect()
		run.grantedSeconds = await this.#register(run, run.registration)
		if (!run.live) return
		run.attachedAtMs = this.#options.timers.now()
		this.#enter('attached')
		run.attached.resolve()
	}

	async #renewUntilLost(run: Run): Promise<void> {
		while (run.live && run.registration) {
			const renewIn = (run.grantedSeconds ?? 0) * (1 - RENEW_AT) * 1000
			if ((await this.#pause(run, renewIn)) === 'lost') return
			if (run.live) run.grantedSeconds = await this.#register(run, run.registration)
		}
	}

	/** An answer that was to come over a lost connection never comes. */
	#register(run: Run, registration: Registration): Promise<number> {
		const lost = run.lost?.promise.then(() => {
			throw new NetworkError('the connection was lost')
		})
		return Promise.race([registration.register(), ...(lost ? [lost] : [])])
	}

	/** Waits, but not beyond the loss of the connection or the end of the run. */
	async #pause(run: Run, delayMs: number): Promise<'over' | 'lost'> {
		const { timers } = this.#options
		const over = Promise.withResolvers<'over'>()
		const timer = timers.setTimer(delayMs, () => over.resolve('over'))
		const lost = run.agent?.transport.isConnected() ? run.lost?.promise.then(() => 'lost' as const) : undefined
		const ended = run.stopped.then(() => 'lost' as const)
		try {
			return await Promise.race([over.promise, ended, ...(lost ? [lost] : [])])
		} finally {
			timers.clearTimer(timer)
		}
	}

	/** The first try after a loss comes at once, later ones after growing pauses that differ from phone to phone. */
	#pauseMs(failures: number): number {
		if (failures === 0) return 0
		const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
		return longest * (0.5 + this.#options.random() / 2)
	}

	#refused(run: Run, error: RegisterError): void {
		this.#giveUp(run, error)
		this.#events.emit('refused', error)
	}

	#giveUp(run: Run, error: Error): void {
		if (this.#run === run) this.#run = undefined
		run.attached.reject(error)
		this.#end(run)
		this.#enter('detached')
	}

	async #goodbye(run: Run): Promise<void> {
		const ways = [run.registration?.unregister(), run.lost?.promise]
		await waitAtMost(this.#options.timers, GOODBYE_MS, Promise.race(ways))
	}

	#end(run: Run): void {
		run.live = false
		run.stop()
		run.attached.reject(new NetworkError('the device was detached'))
		run.agent?.close()
	}

	#enter(state: AttachmentState): void {
		if (this.#state === state) return
		this.#state = state
		this.#events.emit('state', state)
	}
}
