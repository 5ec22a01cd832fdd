import type { SipMessage, SipResponse } from '../src/message/message.ts'
import type {
	TransactionEffect,
	TransactionInput,
	TransactionStep,
	TransactionTimers,
} from '../src/transaction/machine.ts'
import type { VirtualTime } from './virtual-time.ts'

interface Machine<State extends TransactionTimers> {
	step(state: State, input: TransactionInput, now: number): TransactionStep<State>
}

/** Carries out the effects of one transaction on virtual time, and notes what its user is told. */
export class TransactionHost<State extends TransactionTimers> {
	readonly delivered: SipMessage[] = []
	readonly failures: string[] = []
	/** Every message sent, with the moment, milliseconds. */
	readonly transmissions: { readonly at: number; readonly message: SipMessage }[] = []
	terminated = 0
	state: State
	readonly #machine: Machine<State>
	readonly #time: VirtualTime
	readonly #send: (message: SipMessage) => void
	readonly #onDeliver: (message: SipMessage) => void
	#armedForMs: number | undefined
	#disarm: () => void = () => {}

	constructor(
		machine: Machine<State>,
		first: TransactionStep<State>,
		time: VirtualTime,
		send: (message: SipMessage) => void,
		onDeliver: (message: SipMessage) => void = () => {},
	) {
		this.#machine = machine
		this.#time = time
		this.#send = send
		this.#onDeliver = onDeliver
		this.state = first.state
		this.#carryOut(first.effects)
	}

	get runningTimers(): string[] {
		return Object.keys(this.state.running).sort()
	}

	get finals(): SipResponse[] {
		return this.delivered.filter((message) => message.kind === 'response' && message.status >= 200) as SipResponse[]
	}

	input(input: TransactionInput): void {
		const { state, effects } = this.#machine.step(this.state, input, this.#time.now)
		this.state = state
		this.#carryOut(effects)
	}

	#carryOut(effects: readonly TransactionEffect[]): void {
		for (const effect of effects) this.#carryOutOne(effect)
		this.#arm()
	}

	#carryOutOne(effect: TransactionEffect): void {
		if (effect.type === 'transmit') {
			this.transmissions.push({ at: this.#time.now, message: effect.message })
			this.#send(effect.message)
		} else if (effect.type === 'deliver') {
			this.delivered.push(effect.message)
			this.#onDeliver(effect.message)
		} else if (effect.type === 'failed') this.failures.push(effect.cause)
		else this.terminated++
	}

	#arm(): void {
		const { dueAtMs } = this.state
		if (dueAtMs === this.#armedForMs) return
		this.#disarm()
		this.#armedForMs = dueAtMs
		if (dueAtMs !== undefined) this.#disarm = this.#time.after(dueAtMs - this.#time.now, () => this.#fire())
	}

	#fire(): void {
		this.#armedForMs = undefined
		this.input({ type: 'due' })
	}
}
