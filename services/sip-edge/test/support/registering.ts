import { DEVICE_DIGESTS, type DeviceId, type SipCredential } from '@vigil/domain'
import { answerChallenge, buildRequest, type HashAlgorithm, type HeaderPair, parseChallenge } from '@vigil/sip'
import type { AttemptVerdict } from '../../src/limits/attempt-throttle.ts'
import { type RegisterRequest, readRegister } from '../../src/registrar/register-request.ts'
import { step } from '../../src/registrar/registrar.ts'
import {
	type DeviceRegistration,
	type FlowFacts,
	NOTHING_KNOWN,
	type RegistrarEffect,
	type RegistrarInput,
	type RegistrarRules,
} from '../../src/registrar/types.ts'

export const rules: RegistrarRules = {
	realm: 'vigil.example',
	minExpiresSeconds: 60,
	maxExpiresSeconds: 600,
	flowTimerSeconds: 120,
	nonceKey: Buffer.alloc(32, 9),
	nonceMaxAgeMs: 300_000,
	storedLifetimeMs: 3_600_000,
	retryAfterSeconds: 5,
}

const deviceId = 'device-1' as DeviceId
const AOR = `sip:${deviceId}@devices.example`
const REGISTRAR = 'sip:devices.example'

export interface RegisterOverrides {
	readonly cseq?: number
	readonly callId?: string
	readonly contact?: readonly string[]
	readonly expires?: string
	readonly supported?: string
	readonly authorization?: string
	readonly headers?: readonly HeaderPair[]
}

/** A REGISTER as read by the edge. Throws when it is refused by the reader. */
export function registerRequest(overrides: RegisterOverrides = {}): RegisterRequest {
	const reading = readRegister(registerMessage(overrides), 'devices.example', (host) => host === 'devices.example')
	if (!reading.ok) throw new Error(`refused with ${reading.refusal.status}`)
	return reading.register
}

export function registerMessage(overrides: RegisterOverrides = {}) {
	const headers: HeaderPair[] = [
		['Via', 'SIP/2.0/WS abc.invalid;branch=z9hG4bKreg'],
		['From', `<${AOR}>;tag=f`],
		['To', `<${AOR}>`],
		['Call-ID', overrides.callId ?? 'reg-1'],
		['CSeq', `${overrides.cseq ?? 1} REGISTER`],
	]
	for (const contact of overrides.contact ?? ['<sip:u1@abc.invalid;transport=ws>']) headers.push(['Contact', contact])
	if (overrides.expires !== undefined) headers.push(['Expires', overrides.expires])
	if (overrides.supported !== undefined) headers.push(['Supported', overrides.supported])
	if (overrides.authorization !== undefined) headers.push(['Authorization', overrides.authorization])
	headers.push(...(overrides.headers ?? []))
	return buildRequest({ method: 'REGISTER', uri: REGISTRAR, headers })
}

/** The answer to the challenge of that hash in a 401. */
export function credentialsFor(
	challenges: RegistrarEffect,
	password: string,
	options: { hash?: HashAlgorithm; nc?: number } = {},
): string {
	const hash = options.hash ?? 'SHA-256'
	const texts = challenges.type === 'respond' ? challenges.headers.map(([, value]) => value) : []
	const challenge = texts.map((text) => parseChallenge(text)).find((candidate) => candidate?.algorithm === hash)
	if (!challenge) throw new Error(`no ${hash} challenge`)
	return answerChallenge({
		challenge,
		username: deviceId,
		secret: { password },
		method: 'REGISTER',
		uri: REGISTRAR,
		cnonce: 'c0ffee',
		nc: options.nc ?? 1,
	})
}

/** Runs the machine of one device: keeps its state and its time, hands back the effects of each input. */
export class RegistrarRun {
	state: DeviceRegistration = NOTHING_KNOWN
	nowMs = 1_767_225_600_000
	readonly #credential: SipCredential | undefined
	readonly #rules: RegistrarRules
	#bindings = 0

	constructor(credential: SipCredential | undefined, usedRules: RegistrarRules = rules) {
		this.#credential = credential
		this.#rules = usedRules
	}

	feed(input: RegistrarInput): readonly RegistrarEffect[] {
		const { state, effects } = step(this.#rules, this.state, input, this.nowMs)
		this.state = state
		return effects
	}

	/** A REGISTER through to its answer, the password looked up on the way. */
	register(
		register: RegisterRequest,
		flow: FlowFacts = flowA,
		options: { draining?: boolean; throttle?: AttemptVerdict } = {},
	): readonly RegistrarEffect[] {
		const { draining = false, throttle = 'allowed' } = options
		const digests = this.#credential?.digestAlgorithms ?? DEVICE_DIGESTS
		const effects = this.feed({ type: 'register', register, flow, digests, draining })
		if (effects[0]?.type !== 'open-credential') return effects
		const bindingId = `b${++this.#bindings}`
		const input = { register, flow, credential: this.#credential, digests, bindingId, throttle }
		return this.feed({ type: 'credential', ...input })
	}

	/** Asks, is challenged, and answers with that password. A later millisecond each time, as nonces tell these apart. */
	registerWith(
		password: string,
		overrides: RegisterOverrides = {},
		flow: FlowFacts = flowA,
		options: { hash?: HashAlgorithm; throttle?: AttemptVerdict } = {},
	): readonly RegistrarEffect[] {
		this.nowMs += 1
		const challenged = responseOf(this.register(registerRequest(overrides), flow))
		const authorization = credentialsFor(challenged, password, options)
		return this.register(registerRequest({ ...overrides, authorization }), flow, options)
	}
}

export const flowA: FlowFacts = { id: 'flow-a', source: '198.51.100.1' }
export const flowB: FlowFacts = { id: 'flow-b', source: '198.51.100.2' }

type Respond = Extract<RegistrarEffect, { type: 'respond' }>

export function responseOf(effects: readonly RegistrarEffect[]): Respond {
	const response = effects.find((effect) => effect.type === 'respond')
	if (!response) throw new Error(`no response among ${JSON.stringify(effects)}`)
	return response
}

export function headerOf(response: Respond, name: string): string | undefined {
	return response.headers.find(([header]) => header === name)?.[1]
}

export function typesOf(effects: readonly RegistrarEffect[]): string[] {
	return effects.map((effect) => effect.type)
}
