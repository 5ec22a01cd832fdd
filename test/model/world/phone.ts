import type { Fate } from '../scenario/scenario.ts'
import type { Agenda, Appointment } from './agenda.ts'
import { transactHandoff } from './handoff-request.ts'
import { LONGEST_ON_THE_WAY_MS, transact } from './network.ts'
import { type Party, partyOf, type Register, type Registrar } from './registrar.ts'
import type { HandoffAnswer, Statement, Store } from './store.ts'

/** What an app asks for, seconds: more than any registrar here insists on. */
const ASKED_SECONDS = 1000
const RETRY_MS = 3000
const LONGEST_RETRY_MS = 60_000
const POLL_MS = 10_000
const MOST_POLLS = 6
/** An app begins no REGISTER so shortly before its lease ends. */
const LEASE_MARGIN_MS = 500

export interface PhonePorts {
	readonly agenda: Agenda
	readonly store: Store
	readonly registrar: Registrar
	readonly leaseSeconds: number
	/** It can swap contacts. */
	readonly swaps: boolean
	readonly registerFate: () => Fate
	readonly apiFate: () => Fate
	readonly trace: (text: string) => void
}

/**
 * One app install that does what the answers to its handoffs say, and nothing else: it registers and unregisters
 * upstream when told to, renews its lease while it is in use, and finishes one thing before it begins another.
 */
export class Phone {
	readonly number: number
	alive = true
	intent: 'foreground' | 'background' = 'background'
	/** When it was started again after it had died. */
	startedAtMs = Number.NEGATIVE_INFINITY
	/** Number of its newest statement. */
	sequence = 0
	/** The account's era by which it was answered last. */
	era = 0
	/** Its last REGISTER, or its last handoff, did not simply succeed. */
	registerTrouble = false
	apiTrouble = false
	readonly #ports: PhonePorts
	/** Rises with each start and end of the app: what an earlier life has planned does nothing. */
	#life = 0
	#killedAtMs = Number.NEGATIVE_INFINITY
	/** It has said nothing yet in this life. */
	#isNew = true
	#said: 'foreground' | 'background' = 'background'
	/** It may have a binding; it has had one confirmed since it came to the foreground; it has removed it. */
	#bound = false
	#current = false
	#removed = false
	#boundUntilMs = 0
	#busy = false
	#leaseUntilMs = 0
	#cseq = 0
	#failures = 0
	#unsettled = false
	#polls = 0
	#renewal: Appointment | undefined
	#refresh: Appointment | undefined
	#nextAsk: Appointment | undefined

	constructor(number: number, ports: PhonePorts) {
		this.number = number
		this.#ports = ports
	}

	/** The user brings it up, puts it away, or a push starts it in the background. */
	want(intent: 'foreground' | 'background'): void {
		const { agenda } = this.#ports
		if (!this.alive) {
			// What it sent before it died has landed by now, or never will.
			if (agenda.nowMs - this.#killedAtMs <= LONGEST_ON_THE_WAY_MS) return
			this.alive = true
			this.#life++
			this.#isNew = true
			this.startedAtMs = agenda.nowMs
		}
		if (this.intent === intent && this.#said === intent && !this.#isNew) return
		this.intent = intent
		this.#current = false
		this.#settle()
	}

	/** The system ends it: it says nothing, and forgets all but the number of its last statement. */
	kill(): void {
		if (!this.alive) return
		this.alive = false
		this.#life++
		this.#killedAtMs = this.#ports.agenda.nowMs
		this.intent = 'background'
		this.#said = 'background'
		this.#bound = false
		this.#current = false
		this.#removed = false
		this.#busy = false
		this.#failures = 0
		this.#unsettled = false
		this.#nextAsk = undefined
	}

	/** The account's status has changed: an app that waits is told by the event stream. */
	onStatus(): void {
		if (!this.alive || !this.#unsettled) return
		this.#askIn(30)
	}

	#settle(): void {
		if (this.#busy) return
		if (this.#said !== this.intent || this.#isNew) this.#say()
	}

	/** A new statement; one that says the same as before renews the lease. */
	#say(): void {
		const { agenda, leaseSeconds, swaps, trace } = this.#ports
		this.#checkLease()
		this.#isNew = false
		this.#said = this.intent
		const foreground = this.#said === 'foreground'
		const statement: Statement = {
			state: this.#said,
			registered: foreground ? this.#current : this.#bound,
			unregistered: !foreground && this.#removed && !this.#bound,
			sequence: ++this.sequence,
			leaseSeconds,
			swapsContacts: swaps,
		}
		trace(`phone ${this.number} says ${describe(statement)}`)
		this.#unsettled = false
		this.#polls = 0
		this.#deliver(statement)
		if (this.#renewal) this.#renewal.cancelled = true
		if (!foreground) return
		this.#renewal = agenda.plan(
			(leaseSeconds * 1000) / 2,
			this.#alive(() => this.#renew()),
		)
	}

	#renew(): void {
		if (this.#busy && this.intent !== 'foreground') {
			// It is on its way out, and stays in the foreground until its REGISTER has come to an end.
			this.intent = 'foreground'
			this.#say()
			this.intent = 'background'
		} else if (this.#said === 'foreground') this.#say()
	}

	#deliver(statement: Statement): void {
		const { agenda, store, apiFate } = this.#ports
		const fate = apiFate()
		if (fate.is !== 'prompt' && fate.is !== 'echoed') this.apiTrouble = true
		const life = this.#life
		transactHandoff(agenda, fate, {
			land: () => store.handoff(this.number, statement),
			answered: (answer) => {
				if (this.#life !== life) return
				if (answer.sequence === this.sequence) this.apiTrouble = false
				this.#onAnswer(answer)
			},
			unanswered: () => {
				if (this.#life === life && this.sequence === statement.sequence) this.#deliver(statement)
			},
		})
	}

	#onAnswer(answer: HandoffAnswer): void {
		// An answer to an older statement tells of a state that is gone.
		if (answer.sequence !== this.sequence) return
		this.#leaseUntilMs = answer.leaseUntilMs
		this.era = answer.era
		this.#unsettled = !answer.settled
		if (this.#unsettled && this.#polls++ < MOST_POLLS) this.#askIn(POLL_MS)
		if (this.#busy || this.#said !== this.intent) return
		if (answer.next === 'register' && this.intent === 'foreground' && !this.#current) {
			this.#register(answer.replaceContact === undefined ? undefined : partyOf(answer.replaceContact))
		}
		if (answer.next === 'unregister') this.#unregister()
	}

	/** Asks how its handoff stands, once, and no later than it was going to. */
	#askIn(delayMs: number): void {
		const { agenda, store } = this.#ports
		if (this.#nextAsk && this.#nextAsk.atMs <= agenda.nowMs + delayMs) return
		if (this.#nextAsk) this.#nextAsk.cancelled = true
		const ask = () => {
			this.#nextAsk = undefined
			const answer = store.answer(this.number, this.sequence)
			agenda.plan(
				20,
				this.#alive(() => this.#onAnswer(answer)),
			)
		}
		this.#nextAsk = agenda.plan(delayMs, this.#alive(ask))
	}

	/** The lease is over by the app's own count: whatever it had been told is no longer so. */
	#checkLease(): void {
		if (this.#leaseUntilMs <= this.#ports.agenda.nowMs) this.#current = false
	}

	#register(replaces?: Party): void {
		const { agenda } = this.#ports
		if (!this.#mayBegin()) return
		this.#bound = true
		this.#removed = false
		this.#transact(ASKED_SECONDS, replaces, (grantedSeconds) => {
			this.#boundUntilMs = agenda.nowMs + grantedSeconds * 1000
			this.#planRefresh((grantedSeconds * 1000) / 2)
			const isNew = !this.#current
			if (this.intent !== 'foreground') this.#settle()
			else if (isNew) {
				this.#current = true
				this.#say()
			}
		})
	}

	#unregister(): void {
		if (this.#refresh) this.#refresh.cancelled = true
		this.#transact(0, undefined, () => {
			this.#bound = false
			this.#current = false
			this.#removed = true
			this.#say()
		})
	}

	#planRefresh(delayMs: number): void {
		if (this.#refresh) this.#refresh.cancelled = true
		this.#refresh = this.#ports.agenda.plan(
			delayMs,
			this.#alive(() => this.#refreshNow()),
		)
	}

	#refreshNow(): void {
		if (this.#said !== 'foreground' || !this.#current || this.#busy) return
		this.#checkLease()
		if (this.#boundUntilMs <= this.#ports.agenda.nowMs) this.#current = false
		if (!this.#current) this.#say()
		else if (this.#mayBegin()) this.#register()
		else this.#planRefresh(2 * LEASE_MARGIN_MS)
	}

	#mayBegin(): boolean {
		return this.#ports.agenda.nowMs + LEASE_MARGIN_MS < this.#leaseUntilMs
	}

	#transact(expiresSeconds: number, replaces: Party | undefined, onDone: (grantedSeconds: number) => void): void {
		const { agenda, registrar, registerFate, trace } = this.#ports
		const fate = registerFate()
		if (fate.is !== 'prompt' && fate.is !== 'echoed') this.registerTrouble = true
		this.#busy = true
		const life = this.#life
		const cseq = ++this.#cseq
		const register: Register = {
			from: this.number,
			callId: `phone-${this.number}-${life}`,
			cseq,
			expiresSeconds,
			...(replaces === undefined ? {} : { removes: [replaces] }),
			nonces: undefined,
			era: this.era,
			sentAtMs: agenda.nowMs,
		}
		trace(
			`phone ${this.number} REGISTER expires=${expiresSeconds}${replaces === undefined ? '' : ', service expires=0'}`,
		)
		const leaseUntilMs = this.#leaseUntilMs
		const isOver = () =>
			this.#life === life
				? expiresSeconds > 0 && agenda.nowMs > Math.max(leaseUntilMs, this.#leaseUntilMs)
				: agenda.nowMs > this.#killedAtMs + LONGEST_ON_THE_WAY_MS
		const current = () => this.#life === life && this.#busy && this.#cseq === cseq
		transact(agenda, fate, {
			land: () => (isOver() ? undefined : registrar.receive(register)),
			answered: (response) => {
				if (!current()) return
				if (!response || response.status >= 300) this.#failed()
				else {
					this.#busy = false
					this.#failures = 0
					this.registerTrouble = false
					trace(`phone ${this.number} answered ${response.status}`)
					onDone(registrar.lastsSeconds(this.number))
				}
			},
			failed: () => {
				if (current()) this.#failed()
			},
		})
	}

	#failed(): void {
		this.#busy = false
		this.registerTrouble = true
		const waitMs = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(this.#failures++, 10))
		if (this.#said !== this.intent) this.#settle()
		else if (this.#current) this.#planRefresh(waitMs)
		else this.#askIn(waitMs)
	}

	#alive(act: () => void): () => void {
		const life = this.#life
		return () => {
			if (this.#life === life) act()
		}
	}
}

function describe({ state, registered, unregistered, sequence }: Statement): string {
	return `${sequence} ${state}${registered ? ', registered' : ''}${unregistered ? ', unregistered' : ''}`
}
