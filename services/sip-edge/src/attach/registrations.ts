import type { DeviceBinding, DeviceId } from '@vigil/domain'
import { type Clock, type TimerHandle, toWall } from '@vigil/runtime'
import type { Flow } from '@vigil/sip-transport'
import type { EdgeCounters } from '../counters.ts'
import { step } from '../registrar/registrar.ts'
import type {
	DeviceRegistration,
	EdgeBinding,
	RegistrarEffect,
	RegistrarInput,
	RegistrarRules,
} from '../registrar/types.ts'
import { AttachedDevices } from './attached-devices.ts'
import type { BindingNews } from './binding-news.ts'
import type { BindingWriter } from './binding-writer.ts'

/** Effects that concern the REGISTER at hand and not the device as such. */
export type RequestEffect = Extract<RegistrarEffect, { type: 'respond' | 'open-credential' | 'password' }>

/** The REGISTER that an input came from. */
export interface Occasion {
	readonly flow: Flow
	carryOut(effect: RequestEffect): void
}

export interface RegistrationsOptions {
	readonly rules: RegistrarRules
	/** The Route to a device through this edge. */
	readonly routeTo: (deviceId: DeviceId) => string
	readonly news: BindingNews
	readonly writer: BindingWriter
	readonly clock: Clock
	readonly counters: EdgeCounters
}

type AttachListener = (deviceId: DeviceId, flow: Flow) => void

/** Runs the registrar's machine for every device: keeps the states and timers, and carries out what outlives a REGISTER. */
export class Registrations {
	readonly #options: RegistrationsOptions
	readonly #states = new Map<DeviceId, DeviceRegistration>()
	readonly #timers = new Map<DeviceId, TimerHandle>()
	readonly #attached = new AttachedDevices()
	readonly #attachListeners = new Set<AttachListener>()

	constructor(options: RegistrationsOptions) {
		this.#options = options
	}

	/** Devices attached now. */
	get size(): number {
		return this.#attached.size
	}

	/** Whether anything is remembered of the device. */
	knows(deviceId: DeviceId): boolean {
		return this.#states.has(deviceId)
	}

	/** The flow on which the device is attached, if it is and the flow is open. */
	flowOf(deviceId: DeviceId): Flow | undefined {
		return this.#attached.flowOf(deviceId)
	}

	/** The flow for requests within a dialog, which outlives the registration. */
	dialogFlowOf(deviceId: DeviceId): Flow | undefined {
		return this.#attached.dialogFlowOf(deviceId)
	}

	/** The Contact URI that the device is attached with. */
	contactOf(deviceId: DeviceId): string | undefined {
		return this.#states.get(deviceId)?.binding?.contact.uri
	}

	/** Every attached device with its flow. */
	attached(): IterableIterator<readonly [DeviceId, Flow]> {
		return this.#attached.entries()
	}

	/** When the device's binding ends unless it is refreshed, epoch milliseconds. */
	expiresAtMs(deviceId: DeviceId): number | undefined {
		return this.#states.get(deviceId)?.binding?.expiresAtMs
	}

	/** The devices that are attached through this flow. */
	devicesOn(flow: Flow): readonly DeviceId[] {
		return this.#attached.devicesOn(flow.id)
	}

	/** Whether any device is attached through this flow. */
	isUsed({ id }: Pick<Flow, 'id'>): boolean {
		return this.#attached.isUsed(id)
	}

	/** Calls `fn` each time a device attaches or changes its flow. Returns what ends it. */
	onAttached(fn: AttachListener): () => void {
		this.#attachListeners.add(fn)
		return () => this.#attachListeners.delete(fn)
	}

	/** A flow is gone, and with it the bindings on it. */
	flowClosed(flow: Flow): void {
		for (const deviceId of this.#attached.devicesOn(flow.id)) {
			this.feed(deviceId, { type: 'flow-closed', flowId: flow.id })
		}
	}

	/** Lets go of every device, as if all flows had closed at once. */
	detachAll(): void {
		for (const flow of this.#attached.flows()) this.flowClosed(flow)
		for (const timer of this.#timers.values()) this.#options.clock.clearTimer(timer)
		this.#timers.clear()
		this.#states.clear()
	}

	/** Gives the device's machine an input and carries out what comes of it. */
	feed(deviceId: DeviceId, input: RegistrarInput, occasion?: Occasion): void {
		const flowBefore = this.#attached.flowOf(deviceId)
		const { state, effects } = step(this.#options.rules, this.#states.get(deviceId), input, this.#options.clock.now())
		if (state) this.#states.set(deviceId, state)
		else this.#states.delete(deviceId)
		if (!state?.binding) this.#part(deviceId, input)
		else if (occasion?.flow.id === state.binding.flowId) this.#attached.put(deviceId, occasion.flow)
		for (const effect of effects) this.#carryOut(deviceId, effect, occasion, flowBefore)
	}

	#part(deviceId: DeviceId, { type }: RegistrarInput): void {
		if (type === 'flow-closed' || type === 'device-removed') this.#attached.forget(deviceId)
		else this.#attached.leave(deviceId)
	}

	#carryOut(deviceId: DeviceId, effect: RegistrarEffect, occasion: Occasion | undefined, flow: Flow | undefined): void {
		const { news, writer, counters } = this.#options
		switch (effect.type) {
			case 'attached':
				this.#announce(this.#rowOf(deviceId, effect.binding))
				break
			case 'store':
				writer.save(this.#rowOf(deviceId, effect.binding))
				break
			case 'detached':
				counters.detached++
				news.detached(deviceId, effect.binding.bindingId)
				writer.remove(deviceId, effect.binding.bindingId)
				break
			case 'set-timer':
				this.#setTimer(deviceId, effect.atMs)
				break
			case 'close-flow':
				flow?.close()
				break
			default:
				occasion?.carryOut(effect)
		}
	}

	/**
	 * The 200, the signal and the write all go out in this turn and nobody waits for another: a call that is held for this
	 * device must reach it within milliseconds. That is safe because the INVITE which the signal brings needs only what is
	 * in memory here, already, before the first of them leaves. The row is for those who did not hear the signal; it is
	 * written again until it succeeds, and a worker that reads it late finds the device a little later, as if it had woken
	 * a little later. Nothing that is read from the row is trusted for more than a way to this edge.
	 */
	#announce(binding: DeviceBinding): void {
		this.#options.counters.attached++
		this.#options.news.attached(binding, this.#options.clock.wall())
		this.#options.writer.save(binding)
		const flow = this.#attached.flowOf(binding.deviceId)
		if (flow) for (const fn of this.#attachListeners) fn(binding.deviceId, flow)
	}

	#rowOf(deviceId: DeviceId, binding: EdgeBinding): DeviceBinding {
		const { clock } = this.#options
		return {
			deviceId,
			bindingId: binding.bindingId,
			route: this.#options.routeTo(deviceId),
			contact: binding.contact.uri,
			attachedAtMs: toWall(clock, binding.attachedAtMs),
			expiresAtMs: toWall(clock, binding.storedUntilMs),
		}
	}

	#setTimer(deviceId: DeviceId, atMs: number | undefined): void {
		const { clock } = this.#options
		const running = this.#timers.get(deviceId)
		if (running) clock.clearTimer(running)
		this.#timers.delete(deviceId)
		if (atMs === undefined) return
		const fire = () => {
			this.#timers.delete(deviceId)
			this.feed(deviceId, { type: 'timer' })
		}
		this.#timers.set(deviceId, clock.setTimer(Math.max(0, atMs - clock.now()), fire))
	}
}
