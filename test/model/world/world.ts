import { refreshDelaySeconds } from '@vigil/domain'
import { Judge } from '../judge/judge.ts'
import type { Command, Fate, RegistrarTraits, Scenario } from '../scenario/scenario.ts'
import { Agenda, START_MS } from './agenda.ts'
import { PROMPT } from './network.ts'
import { Phone } from './phone.ts'
import { Registrar } from './registrar.ts'
import type { Rules } from './rules.ts'
import { pushToken, Store } from './store.ts'
import { PHASE, Worker } from './worker.ts'

const SIGNAL_MS = 10
/** The worker's sweeps: over leases that have lapsed, and over all accounts. */
const LAPSE_SWEEP_MS = 500
const SWEEP_MS = 30_000

/** Everything that one scenario plays in. */
export class World {
	readonly agenda = new Agenda()
	readonly store: Store
	readonly registrar: Registrar
	readonly phones: readonly Phone[]
	readonly judge: Judge
	readonly traits: RegistrarTraits
	worker: Worker
	readonly #rules: Rules
	readonly #trace: ((text: string) => void) | undefined
	readonly #fates: Record<'service' | 'phones' | 'api', Fate[]> = { service: [], phones: [], api: [] }
	#epoch = 1
	#lostSignals = 0
	#pacingMs = 0

	constructor(scenario: Scenario, rules: Rules, trace?: (text: string) => void) {
		this.#rules = rules
		this.#trace = trace
		this.traits = scenario.registrar
		this.store = new Store(scenario, rules, this.agenda)
		this.registrar = new Registrar(scenario.registrar, this.agenda)
		this.phones = this.#newPhones(scenario)
		const { leaseSeconds, registrar } = scenario
		this.judge = new Judge({
			agenda: this.agenda,
			store: this.store,
			registrar: this.registrar,
			phones: this.phones,
			traits: registrar,
			worker: () => this.worker,
			grantsOutlastLeases: shortestRest(scenario) >= leaseSeconds + longestEchoSeconds(scenario) + 5,
		})
		this.agenda.onStep = () => this.judge.look()
		this.store.onChange = () => this.#signal()
		this.store.onLapse = () => void this.agenda.plan(LAPSE_SWEEP_MS, () => this.worker.reload())
		this.worker = this.#newWorker()
	}

	trace = (text: string): void => {
		this.#trace?.(`${((this.agenda.nowMs - START_MS) / 1000).toFixed(2).padStart(9)} s  ${text}`)
	}

	do(command: Command): void {
		if (command.do !== 'wait') this.trace(`-- ${JSON.stringify(command)}`)
		switch (command.do) {
			case 'wait':
				this.agenda.pass(command.ms)
				return
			case 'foreground':
			case 'background':
				this.#phone(command.phone)?.want(command.do)
				return
			case 'kill':
				this.#phone(command.phone)?.kill()
				return
			case 'network':
				this.#fates[command.of].push(...command.fates)
				return
			case 'refuse':
				Object.assign(this.registrar.refusing[command.whom], command)
				return
			case 'crash-worker':
				this.#crashWorker(command.downMs)
				return
			case 'lose-signals':
				this.#lostSignals += command.times
				return
			case 'pace':
				this.#pacingMs = command.ms
				return
			case 'new-nonce':
				this.registrar.renewNonce()
				return
			case 'flow-lost':
				this.#loseFlow(this.registrar.endConnection())
				return
			case 'restart-registrar':
				this.#restartRegistrar(command)
				return
			default:
				this.#changeAccount(command)
				return
		}
	}

	/** Everything works again; what is down comes back at its time. */
	calm(): void {
		this.#fates.service.length = 0
		this.#fates.phones.length = 0
		this.#fates.api.length = 0
		this.#lostSignals = 0
		this.registrar.refusing.service.times = 0
		this.registrar.refusing.phones.times = 0
	}

	/** What devices have bound is gone as well; they find out when they refresh. */
	#restartRegistrar({ startsMs, retryAfterSeconds }: Extract<Command, { do: 'restart-registrar' }>): void {
		this.judge.serviceTrouble = true
		for (const phone of this.phones) phone.registerTrouble ||= this.registrar.of(phone.number) !== undefined
		this.registrar.restart(startsMs, retryAfterSeconds)
		this.#loseFlow(true)
	}

	#loseFlow(cut: boolean): void {
		if (this.worker.alive) this.worker.loseFlow(cut)
	}

	#phone(number: number): Phone | undefined {
		return this.phones[number % this.phones.length]
	}

	#changeAccount(command: Extract<Command, { do: 'mode' | 'push' | 'disabled' | 'token' | 'refresh-interval' }>): void {
		const { store } = this
		const { attributes } = store.account
		switch (command.do) {
			case 'mode':
				if (attributes.registrationMode === command.mode) return
				store.changeRules({ attributes: { ...attributes, registrationMode: command.mode } })
				return
			case 'push':
				store.changeRules({ attributes: { ...attributes, pushEnabled: command.on } })
				return
			case 'disabled':
				store.changeRules({ disabled: command.on })
				return
			case 'refresh-interval':
				store.change({ attributes: { ...attributes, registrationRefreshSeconds: command.seconds } })
				return
			case 'token': {
				const number = command.phone % store.devices.length
				const device = store.devices[number]
				if (device) store.changeDevice(number, { pushTokens: command.live ? [pushToken(device.id)] : [] })
			}
		}
	}

	/** The worker hears of a change of the account; what a lost signal has told the sweep finds. */
	#signal(): void {
		const isLost = this.#lostSignals > 0
		if (isLost) {
			this.#lostSignals--
			this.judge.serviceTrouble = true
		}
		this.agenda.plan(isLost ? SWEEP_MS : SIGNAL_MS, () => {
			if (this.worker.knownVersion < this.store.account.version) this.worker.reload()
		})
	}

	#crashWorker(downMs: number): void {
		if (!this.worker.alive) return
		this.worker.die()
		const dead = this.worker
		this.agenda.plan(downMs, () => {
			if (this.worker === dead) this.#startWorker()
		})
	}

	#startWorker(): void {
		this.worker = this.#newWorker()
	}

	#newWorker(): Worker {
		const worker = new Worker(this.#epoch++, {
			agenda: this.agenda,
			store: this.store,
			registrar: this.registrar,
			rules: this.#rules,
			registerFate: () => this.#nextFate('service'),
			pacingMs: () => this.#takePacing(),
			watch: this.judge,
			onStatus: () => {
				for (const phone of this.phones) phone.onStatus()
			},
			trace: this.trace,
		})
		this.judge.workerSinceMs = this.agenda.nowMs
		this.agenda.plan(0, () => worker.reload())
		this.trace('the worker starts')
		return worker
	}

	#newPhones({ phones, leaseSeconds, phonesSwap = false }: Scenario): Phone[] {
		return Array.from(
			{ length: phones },
			(_, number) =>
				new Phone(number, {
					agenda: this.agenda,
					store: this.store,
					registrar: this.registrar,
					leaseSeconds,
					swaps: phonesSwap,
					registerFate: () => this.#nextFate('phones'),
					apiFate: () => this.#nextFate('api'),
					trace: this.trace,
				}),
		)
	}

	#nextFate(of: 'service' | 'phones' | 'api'): Fate {
		const drawn = this.#fates[of].shift() ?? PROMPT
		const { registrationMode } = this.store.account.attributes
		// Mode 1 cannot be had where a REGISTER binds after its sender has given it up: nobody could know of it.
		const fate: Fate = drawn.is === 'late' && of !== 'api' && registrationMode === 1 ? { is: 'lost' } : drawn
		if (of === 'service' && fate.is !== 'prompt' && fate.is !== 'echoed') this.judge.serviceTrouble = true
		return fate
	}

	#takePacing(): number {
		const ms = this.#pacingMs
		this.#pacingMs = 0
		return ms
	}
}

/** How much later a handoff may come a second time, and prolong the lease. */
function longestEchoSeconds({ commands }: Scenario): number {
	const fates = commands.flatMap((command) => (command.do === 'network' && command.of === 'api' ? command.fates : []))
	return Math.max(0, ...fates.map((fate) => (fate.is === 'echoed' ? fate.ms / 1000 : 0)))
}

/** What is left of a binding of ours at least while it is refreshed in time, seconds. */
function shortestRest({ registrar, commands }: Scenario): number {
	const asked = commands.map((command) => (command.do === 'refresh-interval' ? command.seconds : 600))
	const granted = Math.max(registrar.minSeconds, Math.min(registrar.grantsSeconds, 600, ...asked))
	return granted - refreshDelaySeconds(granted, PHASE)
}
