import {
	type HoldingCommand,
	knownAs,
	type Registration,
	type RegistrationEffect,
	type RegistrationInput,
	type RegistrationMode,
	type RegistrationSettings,
	type RegistrationStatus,
} from '@vigil/domain'
import type { ResponseView } from '@vigil/sip'
import type { Fate } from '../scenario/scenario.ts'
import type { Agenda, Appointment } from './agenda.ts'
import { HoldingSide, isUnchanged } from './holding-side.ts'
import { LONGEST_ON_THE_WAY_MS, transact } from './network.ts'
import { OUR_CONTACT, partyOf, type Register, type Registrar } from './registrar.ts'
import type { Rules } from './rules.ts'
import type { Store } from './store.ts'

/** A REGISTER as the worker sent it. */
export interface Sent extends Register {
	/** The mode that the worker acted by. */
	readonly mode: RegistrationMode
}

/** How an attempt has ended: bound, a query answered or refused, another answer, a refusal or none. */
export type Outcome = 'held' | 'told' | 'untold' | 'other' | 'failed'

/** Who looks on, to judge. */
export interface WorkerWatch {
	/** A REGISTER leaves; `underWay` are those of this worker that have not come to an end. */
	sent(register: Sent, underWay: number): void
	ended(outcome: Outcome): void
	/** An input that came too late has changed nothing, or has. */
	tooLate(what: string, changed: boolean): void
}

export interface WorkerPorts {
	readonly agenda: Agenda
	readonly store: Store
	readonly registrar: Registrar
	readonly rules: Rules
	readonly registerFate: () => Fate
	/** What others have to be done before. */
	readonly pacingMs: () => number
	readonly watch: WorkerWatch
	readonly onStatus: () => void
	readonly trace: (text: string) => void
}

/** The account's place in [0, 1) among others; they are all alike here. */
export const PHASE = 0.5
const REPORT_MS = 400
const GENERATION_MS = 20

type Conclusion = Extract<RegistrationInput, { type: 'response' | 'failed' }>

/** One life of the process that owns the account: its machines, driven as `RegistrationDriver` does. */
export class Worker {
	alive = true
	/** The version of the account that it has read last. */
	knownVersion = 0
	readonly #ports: WorkerPorts
	readonly #holding: HoldingSide
	readonly #cseqBase: number
	#registration: Registration
	#settings: RegistrationSettings | undefined
	#era = 0
	#underWay = 0
	/** Ends the REGISTER in flight as its connection does. */
	#breakOff: (() => void) | undefined
	#diedAtMs = Number.POSITIVE_INFINITY
	#turn: Appointment | undefined
	#reported: RegistrationStatus | undefined
	#reporting = false

	constructor(epoch: number, ports: WorkerPorts) {
		this.#ports = ports
		const { agenda, store, rules, watch } = ports
		this.#cseqBase = rules.cseqBase(epoch)
		this.#registration = rules.initialRegistration(agenda.nowMs)
		this.#holding = new HoldingSide({
			agenda,
			store,
			rules,
			command: (command) => this.#apply(command),
			reload: () => void agenda.plan(1, () => this.reload()),
			tooLate: (what, changed) => watch.tooLate(what, changed),
		})
	}

	/** The process ends, and what it knows with it. */
	die(): void {
		this.alive = false
		this.#diedAtMs = this.#ports.agenda.nowMs
		this.#holding.end()
		if (this.#turn) this.#turn.cancelled = true
	}

	/** Reads the account anew and follows what it says. */
	reload(): void {
		if (!this.alive) return
		const { store } = this.#ports
		this.knownVersion = store.account.version
		this.#era = store.era
		this.#settings = settingsOf(store)
		this.#apply(this.#holding.statement(this.#registration.status.state === 'registered'))
	}

	/** The connection is lost; `cut` where what was under way on it gets no answer any more. */
	loseFlow(cut: boolean): void {
		if (cut) this.#breakOff?.()
		this.#input({ type: 'flow-lost' })
	}

	#apply({ desired, certain, query, replacing }: HoldingCommand): void {
		const settings = this.#settings
		if (!settings || !this.alive) return
		const swap = replacing === undefined ? {} : { replacing }
		this.#input({
			type: 'configure',
			settings,
			desired,
			certain,
			accountVersion: this.knownVersion,
			paced: true,
			...swap,
		})
		if (query !== 0) this.#input({ type: 'query-bindings', query, paced: true })
	}

	#input(input: RegistrationInput): void {
		if (!this.alive) return
		const { agenda, rules } = this.#ports
		const { state, effects } = rules.stepRegistration(this.#registration, input, agenda.nowMs)
		this.#registration = state
		for (const effect of effects) this.#execute(effect)
		this.#planTurn()
		const command = this.#holding.follow(state, effects)
		if (command) this.#apply(command)
		this.#report()
	}

	#execute(effect: RegistrationEffect): void {
		if (effect.type === 'register') this.#send(effect)
		else if (effect.type === 'next-generation') this.#startNextGeneration()
	}

	#send(effect: Extract<RegistrationEffect, { type: 'register' }>): void {
		const { agenda, registrar, registerFate, watch, trace } = this.#ports
		const { attempt } = effect
		const register = this.#rendered(effect)
		watch.sent(register, this.#underWay)
		const fate = registerFate()
		const swap = register.removes === undefined ? '' : `, phone ${register.removes[0]} expires=0`
		trace(`service REGISTER ${register.expiresSeconds ?? 'fetch'}${swap}, CSeq ${register.cseq} (${fate.is})`)
		this.#underWay++
		let open = true
		let broken = false
		const close = () => {
			if (open) this.#underWay--
			open = false
		}
		this.#breakOff = () => {
			broken = true
			if (!open || !this.alive) return
			close()
			trace('the connection ends under it')
			this.#conclude({ type: 'failed', attempt, cause: 'transport' })
		}
		const isLost = () => broken || agenda.nowMs > this.#diedAtMs + LONGEST_ON_THE_WAY_MS
		transact<ResponseView | undefined>(agenda, fate, {
			land: () => (isLost() ? undefined : registrar.receive(register)),
			answered: (response) => {
				if (!this.alive || broken || !response) return
				close()
				trace(`service answered ${response.status} ${response.headers.get('Contact') ?? ''}`)
				this.#conclude({ type: 'response', attempt, response, own: OUR_CONTACT })
			},
			failed: (cause) => {
				if (!this.alive || broken) return
				close()
				trace(`service has no answer: ${cause}`)
				this.#conclude({ type: 'failed', attempt, cause })
			},
		})
	}

	#rendered({
		cseqCount,
		expiresSeconds,
		answers,
		replacing,
	}: Extract<RegistrationEffect, { type: 'register' }>): Sent {
		const replaced = replacing === undefined ? undefined : partyOf(replacing)
		return {
			from: 'service',
			callId: `service-${this.#registration.generation}`,
			cseq: this.#cseqBase + cseqCount,
			expiresSeconds,
			...(replaced === undefined ? {} : { removes: [replaced] }),
			nonces: answers.map(({ challenge }) => challenge.nonce),
			era: this.#era,
			sentAtMs: this.#ports.agenda.nowMs,
			mode: this.#holding.mode,
		}
	}

	#conclude(input: Conclusion): void {
		const { watch, rules, agenda } = this.#ports
		const before = this.#registration
		if (!before.inFlight || before.attempt !== input.attempt) {
			const step = rules.stepRegistration(before, input, agenda.nowMs)
			watch.tooLate(`the answer to attempt ${input.attempt}`, !isUnchanged(before, step))
		} else watch.ended(outcomeOf(before, input))
		this.#input(input)
		const registered = this.#registration.status.state === 'registered'
		if (input.type === 'response' && input.response.status < 300 && registered) {
			this.#holding.bound(input.response, knownAs(OUR_CONTACT, this.#registration.alias))
		}
	}

	#startNextGeneration(): void {
		const { agenda, store } = this.#ports
		const registrationGeneration = store.account.registrationGeneration + 1
		agenda.plan(GENERATION_MS, () => {
			store.account = { ...store.account, registrationGeneration }
			this.reload()
		})
	}

	/** The account's turn comes when it is due, or has a query, and those before it are done. */
	#planTurn(): void {
		const { agenda, pacingMs } = this.#ports
		const { inFlight, dueAtMs, query } = this.#registration
		if (this.#turn) this.#turn.cancelled = true
		if (inFlight || (dueAtMs === undefined && query === 0)) return
		const waitMs = query === 0 ? Math.max(0, (dueAtMs ?? 0) - agenda.nowMs) : 0
		this.#turn = agenda.plan(waitMs + pacingMs(), () => this.#input({ type: 'due' }))
	}

	/** Statuses are written in batches, as they are then; what has not changed is not written. */
	#report(): void {
		if (this.#reporting || this.#isReported()) return
		this.#reporting = true
		const { agenda, store, onStatus } = this.#ports
		agenda.plan(REPORT_MS, () => {
			this.#reporting = false
			if (!this.alive || this.#isReported()) return
			this.#reported = { ...this.#registration.status, ...this.#holding.shown(), ...this.#replaceable() }
			store.status = this.#reported
			onStatus()
		})
	}

	/** Our Contact, while it may be replaced. */
	#replaceable(): { replaceableContact?: string } {
		const { status, inFlight, querying } = this.#registration
		const isOffered = this.#holding.shown().holding === 'offering' && status.state === 'registered'
		return isOffered && (!inFlight || querying !== 0) ? { replaceableContact: OUR_CONTACT.contactUri } : {}
	}

	#isReported(): boolean {
		const before = this.#reported
		if (before === undefined) return false
		const { state, accountVersion, reason } = this.#registration.status
		const { holding, blockingReason, swaps } = this.#holding.shown()
		const { replaceableContact } = this.#replaceable()
		if (before.swaps !== swaps || before.replaceableContact !== replaceableContact) return false
		const same = before.state === state && before.accountVersion === accountVersion && before.reason === reason
		return same && before.holding === holding && before.blockingReason === blockingReason
	}
}

function settingsOf({ account }: Store): RegistrationSettings {
	const { registrationRefreshSeconds } = account.attributes
	return {
		expiresSeconds: registrationRefreshSeconds,
		phase: PHASE,
		revision: `${registrationRefreshSeconds} ${account.registrationGeneration} ${account.credentialVersion}`,
		generation: account.registrationGeneration,
	}
}

function outcomeOf(state: Registration, input: Conclusion): Outcome {
	if (input.type === 'failed') return 'failed'
	if (input.response.status === 401) return 'other'
	if (state.querying !== 0) return input.response.status >= 300 ? 'untold' : 'told'
	if (input.response.status >= 300) return 'failed'
	return state.phase === 'registering' ? 'held' : 'other'
}
