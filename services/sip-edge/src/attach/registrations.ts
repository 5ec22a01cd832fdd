import type { DeviceBinding, DeviceId } from '@vigil/domain'
import { type Clock, type Logger, toWall } from '@vigil/runtime'
import type { Flow } from '@vigil/sip-transport'
import type { EdgeCounters } from '../counters.ts'
import type { EdgeBinding, RegistrarEffect, RegistrarInput, RegistrarRules } from '../registrar/types.ts'
import { AttachedDevices } from './attached-devices.ts'
import type { BindingPublisher } from './binding-publisher.ts'
import type { BindingWriter } from './binding-writer.ts'
import { DeviceMachine, type DeviceMachinesHost, type Occasion } from './device-machine.ts'

export interface RegistrationsOptions {
	readonly rules: RegistrarRules
	/** The Route to a device through this edge. */
	readonly routeTo: (deviceId: DeviceId) => string
	readonly publisher: BindingPublisher
	readonly writer: BindingWriter
	readonly clock: Clock
	readonly logger: Logger
	readonly counters: EdgeCounters
}

type AttachListener = (deviceId: DeviceId, flow: Flow) => void

/** Runs the registrar's machine for every device: keeps them, and carries out what outlives a REGISTER. */
export class Registrations {
	readonly #options: RegistrationsOptions
	readonly #machines = new Map<DeviceId, DeviceMachine>()
	readonly #host: DeviceMachinesHost
	readonly #attached = new AttachedDevices()
	readonly #attachListeners = new Set<AttachListener>()

	constructor(options: RegistrationsOptions) {
		this.#options = options
		const { clock, rules, logger } = options
		this.#host = {
			clock,
			rules,
			moved: (machine, input, occasion) => this.#moved(machine, input, occasion),
			carryOut: (machine, effect, occasion) => this.#carryOut(machine, effect, occasion),
			settled: (machine) => this.#settled(machine),
			failed: (deviceId, error) => logger.error({ err: error, deviceId }, 'a registration could not be carried out'),
		}
	}

	/** Devices attached now. */
	get size(): number {
		return this.#attached.size
	}

	/** Whether anything is remembered of the device. */
	knows(deviceId: DeviceId): boolean {
		return this.#machines.get(deviceId)?.isKnown ?? false
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
		return this.#machines.get(deviceId)?.state.binding?.contact.uri
	}

	/** Every attached device with its flow. */
	attached(): IterableIterator<readonly [DeviceId, Flow]> {
		return this.#attached.entries()
	}

	/** When the device's binding ends unless it is refreshed, epoch milliseconds. */
	expiresAtMs(deviceId: DeviceId): number | undefined {
		return this.#machines.get(deviceId)?.state.binding?.expiresAtMs
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
		for (const machine of this.#machines.values()) machine.stop()
		this.#machines.clear()
	}

	/** Gives the device's machine an input and carries out what comes of it. */
	feed(deviceId: DeviceId, input: RegistrarInput, occasion?: Occasion): void {
		const machine = this.#machines.get(deviceId) ?? new DeviceMachine(this.#host, deviceId)
		machine.feed(input, occasion)
	}

	#moved(machine: DeviceMachine, input: RegistrarInput, occasion: Occasion | undefined): void {
		const { deviceId, state } = machine
		machine.flowBefore = this.#attached.flowOf(deviceId)
		if (machine.isKnown) this.#machines.set(deviceId, machine)
		if (!state.binding) this.#part(deviceId, input)
		else if (occasion?.flow.id === state.binding.flowId) this.#attached.put(deviceId, occasion.flow)
	}

	#settled(machine: DeviceMachine): void {
		machine.flowBefore = undefined
		if (!machine.isKnown && this.#machines.get(machine.deviceId) === machine) this.#machines.delete(machine.deviceId)
	}

	#part(deviceId: DeviceId, { type }: RegistrarInput): void {
		if (type === 'flow-closed' || type === 'device-removed') this.#attached.forget(deviceId)
		else this.#attached.leave(deviceId)
	}

	#carryOut({ deviceId, flowBefore }: DeviceMachine, effect: RegistrarEffect, occasion: Occasion | undefined): void {
		const { publisher, writer, counters } = this.#options
		switch (effect.type) {
			case 'attached':
				this.#announce(this.#rowOf(deviceId, effect.binding))
				break
			case 'store':
				writer.save(this.#rowOf(deviceId, effect.binding))
				break
			case 'detached':
				counters.detached++
				publisher.detached(deviceId, effect.binding.bindingId)
				writer.remove(deviceId, effect.binding.bindingId)
				break
			case 'close-flow':
				flowBefore?.close()
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
		this.#options.publisher.attached(binding, this.#options.clock.wall())
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
}
