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
	hasOverwritten,
	holdingDevice,
	listedBindings,
	modeUnder,
	type OwnContact,
	orderOf,
	type Registration,
	type RegistrationEffect,
	type RegistrationMode,
	type RegistrationStatus,
	type SeenBindings,
	type SwapEvidence,
} from '@vigil/domain'
import type { ResponseView } from '@vigil/sip'
import type { Agenda, Appointment } from './agenda.ts'
import type { Rules } from './rules.ts'
import type { Store } from './store.ts'

type Bindings = Extract<RegistrationEffect, { type: 'bindings' }>

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
	#blockingReason: string | undefined
	#conflict: Conflict | undefined
	#mode: RegistrationMode = 0
	/** What was seen of the server's swap; a failure is remembered for an hour. */
	#learned: { readonly evidence: SwapEvidence; readonly atMs: number } | undefined
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
			registered: bound,
			swap: this.#mode === 1 ? this.#swapEvidence() : 'unknown',
		})
		const company = this.#mode === 0 && bound && order.wish === 'hold' && this.#state.phase === 'away'
		if (!company || !devices.some((device) => device.foreground && device.registered)) return order
		return { ...order, question: COMPANY_QUESTION }
	}

	/** What the registration has come to; undefined where nothing new is to be done. */
	follow(registration: Registration, effects: readonly RegistrationEffect[]): HoldingOrder | undefined {
		if (registration.phase === 'backing-off' && this.#looksForCompany()) {
			this.#step({ type: 'listed', ours: false, others: 0 })
		}
		let order: HoldingOrder | undefined
		for (const effect of effects) order = this.#heard(registration, effect) ?? order
		if (registration.phase === 'registered' && this.#conflict === 'refused') this.#conflict = undefined
		const { phase } = this.#state
		// What is ordered now is not done yet.
		if (order || !cameToRest(registration) || (phase !== 'releasing' && phase !== 'offering')) return order
		const mayBeBound = registration.boundUntilMs > this.#ports.agenda.nowMs
		return changeOf(this.#step({ type: 'registration', state: registration.status.state, mayBeBound }))
	}

	/** A 2xx that bound us. */
	bound(response: ResponseView, own: OwnContact): void {
		const { mode } = this.#state
		if (this.#looksForCompany()) this.#lookAtCompany(listedBindings(response, own))
		if (mode === 0 || mode === 2 || this.#conflict === 'overwritten') return
		this.#conflict = conflictBeside(mode, listedBindings(response, own))
	}

	shown(): Pick<RegistrationStatus, 'holding' | 'blockingReason' | 'swaps'> {
		const blockingReason = this.#blockingReason ?? (this.#conflict && conflictWords(this.#mode, this.#conflict))
		const swaps = this.#state.mode === 1 && this.#swapEvidence() === 'works'
		return {
			holding: this.#state.phase,
			...(blockingReason === undefined ? {} : { blockingReason }),
			...(swaps ? { swaps } : {}),
		}
	}

	end(): void {
		for (const appointment of [this.#poll, this.#leaseEnd]) if (appointment) appointment.cancelled = true
	}

	#heard(registration: Registration, effect: RegistrationEffect): HoldingOrder | undefined {
		switch (effect.type) {
			case 'bindings':
				return this.#listed(registration, effect)
			case 'swapped':
				return changeOf(this.#step(effect))
			case 'no-bindings':
				return effect.question === COMPANY_QUESTION ? undefined : changeOf(this.#step(effect))
			case 'refused-beside':
				this.#conflict = 'refused'
				return undefined
			default:
				return undefined
		}
	}

	#listed(registration: Registration, effect: Bindings): HoldingOrder | undefined {
		const isLook = this.#state.mode === 0
		const yields = isLook && conflictOfCompany(effect, registration, this.#ports.agenda.nowMs) !== undefined
		if (isLook) this.#step({ type: 'listed', ours: effect.ours, others: effect.others })
		const order = effect.question === COMPANY_QUESTION ? undefined : changeOf(this.#step(effect))
		if (yields) {
			this.#conflict = 'overwritten'
			this.#ports.reload()
		}
		return order
	}

	#looksForCompany(): boolean {
		const { deviceBound, deviceWasBound, keepsSeveral } = this.#state
		return this.#mode === 0 && (deviceBound || deviceWasBound) && !keepsSeveral
	}

	#lookAtCompany(listed: SeenBindings): void {
		const overwritten = hasOverwritten(listed, this.#state)
		this.#step({ type: 'listed', ...listed })
		if (overwritten) this.#conflict = 'overwritten'
		else if (this.#conflict === 'overwritten' && listed.ours && listed.others > 0) this.#conflict = undefined
	}

	/** As `SwapMemory` of the worker has it. */
	#swapEvidence(): SwapEvidence {
		const { contactSwap } = this.#ports.store.account.attributes
		const isOver =
			this.#learned?.evidence === 'fails' && this.#ports.agenda.nowMs - this.#learned.atMs >= FAILURE_LASTS_MS
		const seen = isOver ? 'unknown' : (this.#learned?.evidence ?? 'unknown')
		if (contactSwap === false || seen === 'fails') return 'fails'
		return contactSwap === true ? 'works' : seen
	}

	#step(input: HoldingInput): GivenOrder {
		const { agenda, rules, tooLate } = this.#ports
		const before = this.#state
		const step = rules.stepHolding(before, input, agenda.nowMs)
		if ('question' in input && input.question !== before.question) {
			tooLate(`the answer to question ${input.question}`, !isUnchanged(before, step))
		}
		this.#state = step.state
		for (const effect of step.effects) {
			if (effect.type === 'blocking-reason') this.#blockingReason = effect.reason
			if (effect.type === 'swap') this.#learned = { evidence: effect.evidence, atMs: agenda.nowMs }
		}
		this.#awaitPoll()
		return orderOf(step.state.wish, step.effects)
	}

	#awaitPoll(): void {
		const { agenda, order } = this.#ports
		if (this.#poll) this.#poll.cancelled = true
		if (this.#state.dueAtMs === undefined) return
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

const FAILURE_LASTS_MS = 3_600_000

/** Whether a step has made nothing of its input. */
export function isUnchanged<State>(before: State, step: { state: State; effects: readonly unknown[] }): boolean {
	return step.effects.length === 0 && (step.state === before || JSON.stringify(step.state) === JSON.stringify(before))
}
