import { Headers, type ResponseView } from '@vigil/sip'
import { initialProbe, stepProbe } from '../src/probe/machine.ts'
import type { Probe, ProbeEffect, ProbeReport } from '../src/probe/types.ts'

/** How the registrar of the bench treats bindings. */
export interface BenchRules {
	readonly rule: 'multi' | 'overwrite' | 'reject' | 'keep-older'
	/** Answer to a REGISTER without Contact. */
	readonly listing: 'lists' | 'empty' | 'refused'
	/** Contacts of a 2xx to a binding: all (RFC 3261 10.3 step 8), the registered one, or none. */
	readonly told: 'all' | 'own' | 'none'
	readonly minSeconds: number
	/** A wish below `minSeconds` gets 423, else it is raised. */
	readonly refusesShort: boolean
	readonly maxSeconds: number
	/** Longest that a private contact gets. */
	readonly maxPrivateSeconds: number
	readonly addresses: 'any' | 'private' | 'plain'
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
			const response = this.#answer(pending)
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

	#answer(register: Register): ResponseView {
		const { algorithms, wrongPassword, oneTimeNonces } = this.#rules
		if (algorithms.length > 0) {
			const answered = register.answers.some(
				({ challenge, nonceCount }) => challenge.nonce === `n${this.#nonce}` && (!oneTimeNonces || nonceCount === 1),
			)
			if (!answered || wrongPassword) return this.#challenge()
		}
		const { contact, expiresSeconds } = register
		if (this.#rules.always !== undefined) return reply(this.#rules.always)
		if (contact === undefined) return this.#list()
		const uri = `sip:${contact.name === 'first' ? 'one' : 'two'}@${contact.address === 'plain' ? '192.0.2.1' : '10.0.0.1'}:5060`
		return expiresSeconds === 0 ? this.#remove(uri) : this.#bind(uri, contact.address, expiresSeconds)
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

	#bind(uri: string, address: 'plain' | 'private', asked: number): ResponseView {
		const { addresses, refusesShort, minSeconds, maxSeconds, maxPrivateSeconds, rule, told, maxBindings } = this.#rules
		if (addresses !== 'any' && addresses !== address) return reply(403)
		if (refusesShort && asked < minSeconds) return reply(423, [['Min-Expires', String(minSeconds)]])
		const others = this.bound.filter((one) => one !== uri)
		if (rule === 'reject' && others.length > 0) return reply(503)
		if (rule === 'overwrite') for (const other of others) this.#bindings.delete(other)
		const most = address === 'plain' ? maxSeconds : Math.min(maxSeconds, maxPrivateSeconds)
		if (rule !== 'keep-older' || others.length === 0)
			this.#bindings.set(uri, Math.min(Math.max(asked, minSeconds), most))
		for (const oldest of this.bound.slice(0, -maxBindings)) this.#bindings.delete(oldest)
		if (told === 'none') return this.#ok([])
		return this.#ok(told === 'all' ? this.bound : this.bound.filter((one) => one === uri))
	}

	#remove(uri: string): ResponseView {
		if (!this.#rules.deafToRemoval) this.#bindings.delete(uri)
		return this.#ok(this.#rules.told === 'all' ? this.bound : [])
	}

	#ok(uris: readonly string[]): ResponseView {
		const contacts = uris.map((uri) => ['Contact', `<${uri}>;expires=${this.#bindings.get(uri)}`] as const)
		return reply(200, [...contacts, ...this.#rules.extra])
	}
}

function reply(status: number, fields: readonly (readonly [string, string])[] = []): ResponseView {
	return { status, reason: 'As Told', headers: new Headers(fields.map(([name, value]) => ({ name, value }))) }
}
