import { buildResponse, type SipRequest, type SipResponse } from '@vigil/sip'
import {
	buildRegister,
	type DesiredBinding,
	initialRegistration,
	type RegisterLines,
	type Registration,
	type RegistrationEffect,
	type RegistrationInput,
	type RegistrationSettings,
	stepRegistration,
} from '../src/index.ts'

/** A REGISTER that the machine asked for, and the request that a driver makes of it. */
export type RegisterEffect = Extract<RegistrationEffect, { type: 'register' }> & { readonly request: SipRequest }

/** The settings of the machine and the lines that go with them. */
export type BenchSettings = Omit<RegistrationSettings, 'revision'> & RegisterLines & { readonly revision: string }

function settings(overrides: Partial<BenchSettings> = {}): BenchSettings {
	return {
		aor: 'sip:alice@example.com',
		registrarUri: 'sip:example.com',
		contactUser: 'token-1',
		contactUri: 'sip:token-1@192.0.2.9:5080',
		expiresSeconds: 600,
		callId: 'call-id-1',
		fromTag: 'tag-1',
		cseqBase: 3 * 2 ** 20,
		phase: 0.5,
		revision: 'r1',
		generation: 1,
		...overrides,
	}
}

/** Drives one registration machine by hand: keeps its state, the clock and everything it asked for. */
export class RegistrationBench {
	state: Registration = initialRegistration(0)
	nowMs = 0
	/** Changes of the account that later configurations keep. */
	settled: Partial<BenchSettings> = {}
	/** Whether changes are made due in place of being sent at once. */
	paced = false
	/** What the driver knows of the account now. */
	current: BenchSettings = settings()
	readonly sent: RegisterEffect[] = []
	readonly effects: RegistrationEffect[] = []

	input(input: RegistrationInput): RegistrationEffect[] {
		const step = stepRegistration(this.state, input, this.nowMs)
		this.state = step.state
		this.effects.push(...step.effects)
		for (const effect of step.effects) {
			if (effect.type !== 'register') continue
			const request = buildRegister(this.current, effect.cseqCount, effect.expiresSeconds, effect)
			this.sent.push({ ...effect, request })
		}
		return [...step.effects]
	}

	hold(accountVersion = 1, changes: Partial<BenchSettings> = {}): RegistrationEffect[] {
		this.current = settings({ ...this.settled, ...changes })
		return this.configure('hold', accountVersion)
	}

	remove(accountVersion = 2): RegistrationEffect[] {
		this.current = settings(this.settled)
		return this.configure('remove', accountVersion)
	}

	/** As `remove`, of a binding that nothing is known of. */
	removeForCertain(accountVersion = 2): RegistrationEffect[] {
		this.current = settings(this.settled)
		return this.configure('remove', accountVersion, true)
	}

	abandon(accountVersion = 2): RegistrationEffect[] {
		this.current = settings(this.settled)
		return this.configure('abandon', accountVersion)
	}

	/** Our contact is to take the place of that one. */
	swap(replacing: string, accountVersion = 2): RegistrationEffect[] {
		this.current = settings(this.settled)
		return this.configure('hold', accountVersion, false, replacing)
	}

	keep(accountVersion = 2): RegistrationEffect[] {
		this.current = settings(this.settled)
		return this.configure('keep', accountVersion)
	}

	queryBindings(query: number): RegistrationEffect[] {
		return this.input({ type: 'query-bindings', query, paced: this.paced })
	}

	private configure(
		desired: DesiredBinding,
		accountVersion: number,
		certain = false,
		replacing?: string,
	): RegistrationEffect[] {
		const { current, paced } = this
		const swap = replacing === undefined ? {} : { replacing }
		return this.input({ type: 'configure', desired, certain, accountVersion, settings: current, paced, ...swap })
	}

	/** The instant that the machine asks for; 0 for never. */
	get dueAtMs(): number {
		return this.state.dueAtMs ?? 0
	}

	/** Goes to the instant that the machine asked for. */
	due(): RegistrationEffect[] {
		this.nowMs = Math.max(this.nowMs, this.dueAtMs)
		return this.input({ type: 'due' })
	}

	get last(): RegisterEffect {
		const effect = this.sent.at(-1)
		if (!effect) throw new Error('no REGISTER was sent')
		return effect
	}

	respond(
		status: number,
		headers: [string, string][] = [],
		attempt = this.last.attempt,
		reason?: string,
	): RegistrationEffect[] {
		const response: SipResponse = buildResponse(this.last.request, status, reason, { headers })
		return this.input({ type: 'response', attempt, response, own: this.current })
	}

	/** 200 that lists our contact with this lifetime, beside another device's. */
	accept(grantedSeconds = 600): RegistrationEffect[] {
		return this.respond(200, [
			['Contact', `<sip:alice@198.51.100.7>;expires=17, <sip:token-1@192.0.2.9:5080>;expires=${grantedSeconds}`],
		])
	}

	challenge(realm = 'example.com', extra = '', status = 401): RegistrationEffect[] {
		const header = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate'
		return this.respond(status, [
			[header, `Digest realm="${realm}", nonce="n${this.sent.length}", algorithm=MD5, qop="auth"${extra}`],
		])
	}
}

export function cseqOf(request: SipRequest): number {
	return Number.parseInt(request.headers.get('CSeq') ?? '', 10)
}

/** What the request asks for our contact, seconds, by the parameter that every one of ours has. */
export function expiresOf(request: SipRequest): number {
	return Number(/;expires=(\d+)/.exec(request.headers.get('Contact') ?? '')?.[1] ?? Number.NaN)
}
