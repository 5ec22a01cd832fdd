import {
	COEXISTENCE_QUERY,
	type Conflict,
	cameToRest,
	changeOf,
	coexistenceConflict,
	commandOf,
	concurrentConflict,
	conflictWords,
	type GivenCommand,
	type Holding,
	type HoldingCommand,
	type HoldingInput,
	hasOverwritten,
	holdingDevice,
	listedBindings,
	modeUnder,
	type OwnContact,
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
	readonly command: (command: HoldingCommand) => void
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
	statement(bound: boolean): HoldingCommand {
		const { store } = this.#ports
		const { attributes, disabled } = store.account
		if (this.#mode !== attributes.registrationMode) this.#conflict = undefined
		this.#mode = attributes.registrationMode
		const devices = store.believed().map(holdingDevice)
		this.#awaitLeaseEnd()
		const { command } = this.#step({
			type: 'statement',
			mode: modeUnder(this.#mode, this.#conflict),
			enabled: attributes.pushEnabled && !disabled,
			devices,
			registered: bound,
			swap: this.#mode === 1 ? this.#swapEvidence() : 'unknown',
		})
		const coexists = this.#mode === 0 && bound && command.desired === 'hold' && this.#state.phase === 'away'
		if (!coexists || !devices.some((device) => device.foreground && device.registered)) return command
		return { ...command, query: COEXISTENCE_QUERY }
	}

	/** What the registration has come to; undefined where nothing new is to be done. */
	follow(registration: Registration, effects: readonly RegistrationEffect[]): HoldingCommand | undefined {
		if (registration.phase === 'backing-off' && this.#checksCoexistence()) {
			this.#step({ type: 'listed', ours: false, others: 0 })
		}
		let command: HoldingCommand | undefined
		for (const effect of effects) command = this.#heard(registration, effect) ?? command
		if (registration.phase === 'registered' && this.#conflict === 'refused') this.#conflict = undefined
		const { phase } = this.#state
		// What is commanded now is not done yet.
		if (command || !cameToRest(registration) || (phase !== 'releasing' && phase !== 'offering')) return command
		const mayBeBound = registration.boundUntilMs > this.#ports.agenda.nowMs
		return changeOf(this.#step({ type: 'registration', state: registration.status.state, mayBeBound }))
	}

	/** A 2xx that bound us. */
	bound(response: ResponseView, own: OwnContact): void {
		const { mode } = this.#state
		if (this.#checksCoexistence()) this.#checkCoexistence(listedBindings(response, own))
		if (mode === 0 || mode === 2 || this.#conflict === 'overwritten') return
		this.#conflict = concurrentConflict(mode, listedBindings(response, own))
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

	#heard(registration: Registration, effect: RegistrationEffect): HoldingCommand | undefined {
		switch (effect.type) {
			case 'bindings':
				return this.#listed(registration, effect)
			case 'swapped':
				return changeOf(this.#step(effect))
			case 'no-bindings':
				return effect.query === COEXISTENCE_QUERY ? undefined : changeOf(this.#step(effect))
			case 'rejected-concurrent':
				this.#conflict = 'refused'
				return undefined
			default:
				return undefined
		}
	}

	#listed(registration: Registration, effect: Bindings): HoldingCommand | undefined {
		const isLook = this.#state.mode === 0
		const yields = isLook && coexistenceConflict(effect, registration, this.#ports.agenda.nowMs) !== undefined
		if (isLook) this.#step({ type: 'listed', ours: effect.ours, others: effect.others })
		const command = effect.query === COEXISTENCE_QUERY ? undefined : changeOf(this.#step(effect))
		if (yields) {
			this.#conflict = 'overwritten'
			this.#ports.reload()
		}
		return command
	}

	#checksCoexistence(): boolean {
		const { deviceBound, deviceWasBound, keepsSeveral } = this.#state
		return this.#mode === 0 && (deviceBound || deviceWasBound) && !keepsSeveral
	}

	#checkCoexistence(listed: SeenBindings): void {
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

	#step(input: HoldingInput): GivenCommand {
		const { agenda, rules, tooLate } = this.#ports
		const before = this.#state
		const step = rules.stepHolding(before, input, agenda.nowMs)
		if ('query' in input && input.query !== before.query) {
			tooLate(`the answer to query ${input.query}`, !isUnchanged(before, step))
		}
		this.#state = step.state
		for (const effect of step.effects) {
			if (effect.type === 'blocking-reason') this.#blockingReason = effect.reason
			if (effect.type === 'swap') this.#learned = { evidence: effect.evidence, atMs: agenda.nowMs }
		}
		this.#awaitPoll()
		return commandOf(step.state.desired, step.effects)
	}

	#awaitPoll(): void {
		const { agenda, command } = this.#ports
		if (this.#poll) this.#poll.cancelled = true
		if (this.#state.dueAtMs === undefined) return
		this.#poll = agenda.plan(this.#state.dueAtMs - agenda.nowMs, () => {
			const change = changeOf(this.#step({ type: 'due' }))
			if (change) command(change)
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
