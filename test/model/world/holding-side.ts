import {
	COMPANY_QUESTION,
	type Conflict,
	cameToRest,
	changeOf,
	conflictBeside,
	conflictOfCompany,
	conflictWords,
	type GivenOrder,
	type Holding,
	type HoldingInput,
	type HoldingOrder,
	holdingDevice,
	listedBindings,
	modeUnder,
	type OwnContact,
	orderOf,
	type Registration,
	type RegistrationEffect,
	type RegistrationMode,
	type RegistrationStatus,
} from '@vigil/domain'
import type { ResponseView } from '@vigil/sip'
import type { Agenda, Appointment } from './agenda.ts'
import type { Rules } from './rules.ts'
import type { Store } from './store.ts'

export interface HoldingPorts {
	readonly agenda: Agenda
	readonly store: Store
	readonly rules: Rules
	/** Time has brought this about. */
	readonly order: (order: HoldingOrder) => void
	readonly reload: () => void
	readonly tooLate: (what: string, changed: boolean) => void
}

/**
 * The holding machine of the account as `HoldingDriver` of the registration worker runs it, with the functions of the
 * domain that it runs it with.
 */
export class HoldingSide {
	#state: Holding
	readonly #ports: HoldingPorts
	#hindrance: string | undefined
	#conflict: Conflict | undefined
	#mode: RegistrationMode = 0
	#poll: Appointment | undefined
	#leaseEnd: Appointment | undefined

	constructor(ports: HoldingPorts) {
		this.#ports = ports
		this.#state = ports.rules.initialHolding()
	}

	/** The mode that is acted by. */
	get mode(): RegistrationMode {
		return this.#state.mode
	}

	/** The account and its devices as they are now. */
	statement(bound: boolean): HoldingOrder {
		const { store } = this.#ports
		const { attributes, disabled } = store.account
		if (this.#mode !== attributes.registrationMode) this.#conflict = undefined
		this.#mode = attributes.registrationMode
		const devices = store.believed().map(holdingDevice)
		this.#awaitLeaseEnd()
		const { order } = this.#step({
			type: 'statement',
			mode: modeUnder(this.#mode, this.#conflict),
			enabled: attributes.pushEnabled && !disabled,
			devices,
		})
		const company = this.#mode === 0 && bound && order.wish === 'hold'
		if (!company || !devices.some((device) => device.foreground && device.registered)) return order
		return { ...order, question: COMPANY_QUESTION }
	}

	/** What the registration has come to; undefined where nothing new is to be done. */
	follow(registration: Registration, effects: readonly RegistrationEffect[]): HoldingOrder | undefined {
		let order: HoldingOrder | undefined
		for (const effect of effects) order = this.#heard(registration, effect) ?? order
		if (registration.phase === 'registered' && this.#conflict === 'refused') this.#conflict = undefined
		if (!cameToRest(registration) || this.#state.phase !== 'releasing') return order
		return changeOf(this.#step({ type: 'registration', state: registration.status.state }))
	}

	/** A 2xx that bound us. */
	bound(response: ResponseView, own: OwnContact): void {
		const { mode } = this.#state
		if (mode === 0 || mode === 2 || this.#conflict === 'overwritten') return
		this.#conflict = conflictBeside(mode, listedBindings(response, own))
	}

	shown(): Pick<RegistrationStatus, 'holding' | 'hindrance'> {
		const hindrance = this.#hindrance ?? (this.#conflict && conflictWords(this.#mode, this.#conflict))
		const holding = this.#state.phase
		return hindrance === undefined ? { holding } : { holding, hindrance }
	}

	end(): void {
		for (const appointment of [this.#poll, this.#leaseEnd]) if (appointment) appointment.cancelled = true
	}

	#heard(registration: Registration, effect: RegistrationEffect): HoldingOrder | undefined {
		switch (effect.type) {
			case 'bindings':
				if (effect.question !== COMPANY_QUESTION) return changeOf(this.#step(effect))
				if (!conflictOfCompany(effect, registration, this.#ports.agenda.nowMs)) return undefined
				this.#conflict = 'overwritten'
				this.#ports.reload()
				return undefined
			case 'no-bindings':
				return effect.question === COMPANY_QUESTION ? undefined : changeOf(this.#step(effect))
			case 'refused-beside':
				this.#conflict = 'refused'
				return undefined
			default:
				return undefined
		}
	}

	#step(input: HoldingInput): GivenOrder {
		const { agenda, rules, tooLate } = this.#ports
		const before = this.#state
		const step = rules.stepHolding(before, input, agenda.nowMs)
		if ('question' in input && input.question !== before.question) {
			tooLate(`the answer to question ${input.question}`, !isUnchanged(before, step))
		}
		this.#state = step.state
		for (const effect of step.effects) if (effect.type === 'hindrance') this.#hindrance = effect.reason
		this.#awaitPoll()
		return orderOf(step.state.wish, step.effects)
	}

	#awaitPoll(): void {
		const { agenda, order } = this.#ports
		if (this.#poll) this.#poll.cancelled = true
		if (this.#state.dueAtMs === 0) return
		this.#poll = agenda.plan(this.#state.dueAtMs - agenda.nowMs, () => {
			const change = changeOf(this.#step({ type: 'due' }))
			if (change) order(change)
		})
	}

	#awaitLeaseEnd(): void {
		const { agenda, store, reload } = this.#ports
		if (this.#leaseEnd) this.#leaseEnd.cancelled = true
		const ends = store.devices.flatMap(({ activity, leaseUntilMs = 0 }) =>
			activity === 'foreground' && leaseUntilMs > agenda.nowMs ? [leaseUntilMs] : [],
		)
		if (ends.length > 0) this.#leaseEnd = agenda.plan(Math.min(...ends) - agenda.nowMs, reload)
	}
}

/** Whether a step has made nothing of its input. */
export function isUnchanged<State>(before: State, step: { state: State; effects: readonly unknown[] }): boolean {
	return step.effects.length === 0 && (step.state === before || JSON.stringify(step.state) === JSON.stringify(before))
}
