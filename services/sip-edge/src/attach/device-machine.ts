import type { DeviceId } from '@vigil/domain'
import { type Clock, type Due, type MachineDriver, MachineRunner } from '@vigil/runtime'
import type { Flow } from '@vigil/sip-transport'
import { step } from '../registrar/registrar.ts'
import {
	type DeviceRegistration,
	NOTHING_KNOWN,
	type RegistrarEffect,
	type RegistrarInput,
	type RegistrarRules,
} from '../registrar/types.ts'

/** Effects that concern the REGISTER at hand and not the device as such. */
export type RequestEffect = Extract<RegistrarEffect, { type: 'respond' | 'open-credential' | 'password' }>

/** The REGISTER that an input came from. */
export interface Occasion {
	readonly flow: Flow
	carryOut(effect: RequestEffect): void
}

/** An input with the REGISTER that it came from. */
interface Given {
	readonly input: RegistrarInput
	readonly occasion: Occasion | undefined
}

/** What the machines of all devices share. */
export interface DeviceMachinesHost {
	readonly clock: Clock
	readonly rules: RegistrarRules
	/** Its state is another one, and the effects are still to come. */
	moved(machine: DeviceMachine, input: RegistrarInput, occasion: Occasion | undefined): void
	carryOut(machine: DeviceMachine, effect: RegistrarEffect, occasion: Occasion | undefined): void
	/** An input is done with. */
	settled(machine: DeviceMachine): void
	failed(deviceId: DeviceId, error: unknown): void
}

/** The registrar's machine of one device: small, as there is one for every device that is attached. */
export class DeviceMachine implements MachineDriver<DeviceRegistration, Given, RegistrarEffect> {
	readonly deviceId: DeviceId
	/** The flow that it was attached by before the input that is worked on. */
	flowBefore: Flow | undefined
	readonly #host: DeviceMachinesHost
	readonly #runner: MachineRunner<DeviceRegistration, Given, RegistrarEffect>

	constructor(host: DeviceMachinesHost, deviceId: DeviceId) {
		this.#host = host
		this.deviceId = deviceId
		this.#runner = new MachineRunner(this, NOTHING_KNOWN)
	}

	get clock(): Clock {
		return this.#host.clock
	}

	get state(): DeviceRegistration {
		return this.#runner.state
	}

	/** Whether anything is remembered of the device. */
	get isKnown(): boolean {
		return this.state.binding !== undefined || this.state.guard !== undefined
	}

	feed(input: RegistrarInput, occasion: Occasion | undefined): void {
		this.#runner.input({ input, occasion })
	}

	stop(): void {
		this.#runner.stop()
	}

	step(state: DeviceRegistration, given: Given | Due, nowMs: number) {
		return step(this.#host.rules, state, inputOf(given), nowMs)
	}

	moved(_state: DeviceRegistration, given: Given | Due): void {
		this.#host.moved(this, inputOf(given), occasionOf(given))
	}

	execute(effect: RegistrarEffect, given: Given | Due | undefined): void {
		this.#host.carryOut(this, effect, given && occasionOf(given))
	}

	settled(): void {
		this.#host.settled(this)
	}

	failed(error: unknown): void {
		this.#host.failed(this.deviceId, error)
	}
}

function inputOf(given: Given | Due): RegistrarInput {
	return 'input' in given ? given.input : given
}

function occasionOf(given: Given | Due): Occasion | undefined {
	return 'input' in given ? given.occasion : undefined
}
