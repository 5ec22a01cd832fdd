import type { UserAgent } from 'sip.js'
import { randomUuid } from '../random.ts'

/** The edge refused a REGISTER, or did not answer it (408), or was not reached (503; RFC 3261 8.1.3.1). */
export class RegisterError extends Error {
	readonly status: number
	readonly reason: string

	constructor(status: number, reason: string) {
		super(`the edge answered ${status} ${reason} to REGISTER`)
		this.name = 'RegisterError'
		this.status = status
		this.reason = reason
	}

	/** Whether another try with the same credentials makes sense. */
	get mayPass(): boolean {
		return this.status === 408 || this.status === 423 || this.status === 430 || this.status >= 500
	}
}

/** The part of a sip.js response that is read here. */
interface RegisterResponse {
	readonly message: {
		readonly statusCode?: number | undefined
		readonly reasonPhrase?: string | undefined
		getHeader(name: string): string | undefined
		getHeaders(name: string): string[]
		// biome-ignore lint/suspicious/noExplicitAny: sip.js types its parsed headers so.
		parseHeader(name: string, index?: number): any
	}
}

/**
 * Binds the device at the edge (RFC 3261 10.2, RFC 5626 4.2): one Call-ID and rising CSeq, the instance-id, our own
 * binding read from the answer. sip.js does the digest.
 */
export class Registration {
	readonly #userAgent: UserAgent
	readonly #instanceId: string
	readonly #callId = randomUuid()
	#cseq = 0
	#expiresSeconds: number

	constructor(userAgent: UserAgent, instanceId: string, expiresSeconds: number) {
		this.#userAgent = userAgent
		this.#instanceId = instanceId
		this.#expiresSeconds = expiresSeconds
	}

	/** Resolves with the seconds that the edge grants. @throws RegisterError */
	async register(): Promise<number> {
		try {
			return this.#grantedBy(await this.#send(this.#expiresSeconds))
		} catch (error) {
			if (!(error instanceof IntervalTooBrief)) throw error
			this.#expiresSeconds = error.minExpiresSeconds
			return this.#grantedBy(await this.#send(this.#expiresSeconds))
		}
	}

	/** Removes our binding and no other. @throws RegisterError */
	async unregister(): Promise<void> {
		await this.#send(0)
	}

	#send(expiresSeconds: number): Promise<RegisterResponse> {
		const { promise, resolve, reject } = Promise.withResolvers<RegisterResponse>()
		const core = this.#userAgent.userAgentCore
		const aor = core.configuration.aor
		const registrar = aor.clone()
		registrar.user = undefined
		const request = { callId: this.#callId, cseq: ++this.#cseq }
		const contact = `Contact: ${this.#contact()};expires=${expiresSeconds}`
		const message = core.makeOutgoingRequestMessage('REGISTER', registrar, aor, aor, request, [contact])
		const refused = (response: RegisterResponse) => reject(refusal(response))
		core.register(message, {
			onAccept: (response) => {
				// The digest round took a number of its own.
				this.#cseq = message.cseq
				resolve(response)
			},
			onRedirect: refused,
			onReject: (response) => {
				this.#cseq = message.cseq
				refused(response)
			},
		})
		return promise
	}

	#contact(): string {
		return `<${this.#userAgent.contact.uri}>;reg-id=1;+sip.instance="<${this.#instanceId}>"`
	}

	#grantedBy({ message }: RegisterResponse): number {
		const count = message.getHeaders('contact').length
		for (let index = 0; index < count; index++) {
			const contact = message.parseHeader('contact', index)
			if (contact?.uri?.user !== this.#userAgent.contact.uri.user) continue
			const granted = Number(contact.getParam('expires') ?? message.getHeader('expires') ?? this.#expiresSeconds)
			if (granted > 0) return granted
		}
		throw new RegisterError(message.statusCode ?? 200, 'without our binding')
	}
}

/** 423: the edge wants a longer interval (RFC 3261 10.2.8). */
class IntervalTooBrief extends RegisterError {
	readonly minExpiresSeconds: number

	constructor(reason: string, minExpiresSeconds: number) {
		super(423, reason)
		this.minExpiresSeconds = minExpiresSeconds
	}
}

function refusal({ message }: RegisterResponse): RegisterError {
	const status = message.statusCode ?? 500
	const reason = message.reasonPhrase ?? ''
	// What stands for a time-out or a lost connection is made by sip.js and has no header.
	const minExpires = status === 423 ? Number(message.getHeader('min-expires')) : Number.NaN
	return minExpires > 0 ? new IntervalTooBrief(reason, minExpires) : new RegisterError(status, reason)
}
