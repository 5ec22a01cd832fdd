import { Headers, type ResponseView } from '@vigil/sip'
import { type BindingLimits, judgeRegister, type RegistrarWays, type RequestedBinding } from '@vigil/testkit'
import { initialProbe, stepProbe } from '../src/probe/machine.ts'
import type { Probe, ProbeEffect, ProbeReport, TestContact } from '../src/probe/types.ts'

/** How the registrar of the bench treats bindings. */
export interface BenchRules extends Pick<RegistrarWays, 'processes' | 'zeroRemoves'> {
	readonly rule: 'multi' | 'overwrite' | 'reject' | 'keep-older'
	/** Answer to a REGISTER without Contact. */
	readonly listing: 'lists' | 'empty' | 'refused'
	/** Contacts of a 2xx to a binding: all (RFC 3261 10.3 step 8), the registered one, or none. */
	readonly told: 'all' | 'own' | 'none'
	readonly minSeconds: number
	/** An Expires below `minSeconds` gets 423, else it is raised. */
	readonly refusesShort: boolean
	readonly maxSeconds: number
	/** Longest that a private contact gets. */
	readonly maxPrivateSeconds: number
	readonly addresses: 'any' | 'private' | 'plain'
	/** Only a request whose Via is private is listened to. */
	readonly privateVia: boolean
	/** Contacts are shown, and known, by this host. */
	readonly showsHost: string | undefined
	/** Algorithms offered; none asks for no password. */
	readonly algorithms: readonly string[]
	readonly wrongPassword: boolean
	readonly oneTimeNonces: boolean
	/** Numbers of REGISTERs that get no answer, though they take effect. */
	readonly silentAt: readonly number[]
	/** Removals are answered 200 and not done. */
	readonly deafToRemoval: boolean
	/** Further header fields of each 2xx. */
	readonly extra: readonly (readonly [string, string])[]
	readonly foreign: readonly string[]
	readonly force: boolean
	/** A status given to everything but challenges. */
	readonly always: number | undefined
	readonly maxBindings: number
}

const USUAL: BenchRules = {
	rule: 'multi',
	listing: 'lists',
	told: 'all',
	minSeconds: 10,
	refusesShort: false,
	maxSeconds: 7200,
	maxPrivateSeconds: 7200,
	addresses: 'any',
	privateVia: false,
	showsHost: undefined,
	processes: 'all',
	zeroRemoves: 'contact',
	algorithms: ['MD5'],
	wrongPassword: false,
	oneTimeNonces: false,
	silentAt: [],
	deafToRemoval: false,
	extra: [],
	foreign: [],
	force: false,
	always: undefined,
	maxBindings: 10,
}

type Register = Extract<ProbeEffect, { type: 'register' }>

/** A probe and a registrar of one account that obeys the rules given. */
export class ProbeBench {
	readonly registers: Register[] = []
	readonly #rules: BenchRules
	/** Contact URI and seconds, the oldest first. */
	readonly #bindings = new Map<string, number>()
	#state: Probe
	#nonce = 0
	#cseq = 0
	#report: ProbeReport | undefined
	#nowMs = 1000

	constructor(rules: Partial<BenchRules>) {
		this.#rules = { ...USUAL, ...rules }
		for (const uri of this.#rules.foreign) this.#bindings.set(uri, 3600)
		this.#state = initialProbe({ users: { first: 'one', second: 'two' }, force: this.#rules.force })
	}

	/** What is bound, the oldest first. */
	get bound(): string[] {
		return [...this.#bindings.keys()]
	}

	get state(): Probe {
		return this.#state
	}

	/** Runs to the end; `stopAfter` REGISTERs it is told to stop. */
	run(stopAfter = Number.POSITIVE_INFINITY): ProbeReport {
		let pending = this.#step({ type: 'start' })
		while (pending !== undefined) {
			this.#nowMs += 20
			const { attempt } = pending
			const response = this.#respond(pending)
			const silent = this.#rules.silentAt.includes(attempt)
			const stopped = attempt === stopAfter ? this.#step({ type: 'stop' }) : undefined
			if (stopped !== undefined) throw new Error('it sent something while a REGISTER was in flight')
			pending = silent
				? this.#step({ type: 'failed', attempt, cause: 'timeout' })
				: this.#step({ type: 'response', attempt, response })
		}
		if (this.#report === undefined) throw new Error('it ended without a report')
		return this.#report
	}

	#step(input: Parameters<typeof stepProbe>[1]): Register | undefined {
		const { state, effects } = stepProbe(this.#state, input, this.#nowMs)
		this.#state = state
		for (const effect of effects) if (effect.type === 'done') this.#report = effect.report
		const sent = effects.filter((effect) => effect.type === 'register')
		if (sent.length > 1) throw new Error('two REGISTERs at a time')
		this.registers.push(...sent)
		return sent[0]
	}

	#respond(register: Register): ResponseView {
		const { algorithms, wrongPassword, oneTimeNonces } = this.#rules
		if (algorithms.length > 0) {
			const answered = register.answers.some(
				({ challenge, nonceCount }) => challenge.nonce === `n${this.#nonce}` && (!oneTimeNonces || nonceCount === 1),
			)
			if (!answered || wrongPassword) return this.#challenge()
		}
		const { contact } = register
		if (this.#rules.always !== undefined) return reply(this.#rules.always, this.#rules.extra)
		if (this.#rules.privateVia && register.address !== 'private') return reply(403)
		return contact === undefined ? this.#list() : this.#bind(register, contact)
	}

	#challenge(): ResponseView {
		this.#nonce++
		const { algorithms } = this.#rules
		return reply(
			401,
			algorithms.map((name) => [
				'WWW-Authenticate',
				`Digest realm="r", nonce="n${this.#nonce}", qop="auth", algorithm=${name}`,
			]),
		)
	}

	#list(): ResponseView {
		const { listing } = this.#rules
		if (listing === 'refused') return reply(403)
		return this.#ok(listing === 'lists' ? this.bound : [])
	}

	#bind({ expiresSeconds, removes }: Register, contact: TestContact): ResponseView {
		const { addresses, refusesShort, minSeconds, rule, told, deafToRemoval } = this.#rules
		const isRemoval = expiresSeconds === 0
		if (!isRemoval && addresses !== 'any' && addresses !== contact.address) return reply(403)
		const requested: RequestedBinding[] = [{ name: this.#shown(contact), seconds: expiresSeconds }]
		if (removes) requested.push({ name: removes.listedAs ?? uriOf(removes.contact), seconds: 0 })
		const done = deafToRemoval ? requested.filter(({ seconds }) => seconds > 0) : requested
		const verdict = judgeRegister(
			{ callId: contact.name, cseq: ++this.#cseq, contacts: done },
			this.#held(),
			this.#limits(),
		)
		if (verdict.status === 423 && refusesShort) return reply(423, [['Min-Expires', String(minSeconds)]])
		if (verdict.status === 403) return rule === 'keep-older' ? this.#ok(told === 'all' ? this.bound : []) : reply(503)
		if (verdict.status !== 200) return reply(verdict.status)
		const before = new Map(this.#bindings)
		this.#bindings.clear()
		for (const { name, grantedSeconds } of verdict.kept) {
			const seconds = grantedSeconds === undefined ? before.get(name) : this.#granted(grantedSeconds, contact)
			this.#bindings.set(name, seconds ?? 0)
		}
		if (told === 'none' || (isRemoval && told === 'own')) return this.#ok([])
		return this.#ok(told === 'all' ? this.bound : this.bound.filter((one) => one === this.#shown(contact)))
	}

	#held() {
		return this.bound.map((name) => ({ name, callId: '', cseq: 0 }))
	}

	#limits(): BindingLimits {
		const { rule, maxBindings, refusesShort, minSeconds, processes, zeroRemoves } = this.#rules
		return {
			processes,
			zeroRemoves,
			minExpiresSeconds: refusesShort ? minSeconds : 0,
			maxExpiresSeconds: Number.POSITIVE_INFINITY,
			maxBindings: rule === 'multi' ? maxBindings : 1,
			whenFull: rule === 'reject' || rule === 'keep-older' ? 'refuse' : 'replace',
		}
	}

	#granted(asked: number, { address }: TestContact): number {
		const { minSeconds, maxSeconds, maxPrivateSeconds } = this.#rules
		const most = address === 'plain' ? maxSeconds : Math.min(maxSeconds, maxPrivateSeconds)
		return Math.min(Math.max(asked, minSeconds), most)
	}

	#shown(contact: TestContact): string {
		const { showsHost } = this.#rules
		return showsHost === undefined ? uriOf(contact) : uriOf(contact).replace(/@.*/, `@${showsHost}`)
	}

	#ok(uris: readonly string[]): ResponseView {
		const contacts = uris.map((uri) => ['Contact', `<${uri}>;expires=${this.#bindings.get(uri)}`] as const)
		return reply(200, [...contacts, ...this.#rules.extra])
	}
}

function reply(status: number, fields: readonly (readonly [string, string])[] = []): ResponseView {
	return { status, reason: 'As Told', headers: new Headers(fields.map(([name, value]) => ({ name, value }))) }
}

function uriOf({ name, address }: TestContact): string {
	return `sip:${name === 'first' ? 'one' : 'two'}@${address === 'plain' ? '192.0.2.1' : '10.0.0.1'}:5060`
}
