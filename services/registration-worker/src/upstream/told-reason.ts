import { NO_ADDRESS, UNANSWERED, UNTRUSTED_CERTIFICATE } from '@vigil/domain'
import { type Clock, classifyAddress, type Logger } from '@vigil/runtime'
import { type Address, formatAddress, TransportError } from '@vigil/sip-transport'

/** What the tenant is told of a way that could not be opened: a sentence of the fixed list. */
export function toldReason(error: unknown): string {
	if (!(error instanceof TransportError)) return NO_ADDRESS
	switch (error.code) {
		case 'not-allowed':
		case 'name-not-found':
			return NO_ADDRESS
		case 'certificate-rejected':
			return UNTRUSTED_CERTIFICATE
		default:
			return UNANSWERED
	}
}

/** A failure as those are told who only name the server: inside, a certificate that is refused would say that something listens. */
export function withoutCertificate(error: unknown, { host }: Address): unknown {
	const isRejected = error instanceof TransportError && error.code === 'certificate-rejected'
	if (!isRejected || classifyAddress(host)?.class === 'public') return error
	return new TransportError('refused', 'the connection failed', error)
}

const AGAIN_MS = 60_000
const MOST_TOLD = 1000

/** Tells the operator why servers cannot be connected to, each once a minute. */
export class FailureLog {
	readonly #clock: Clock
	readonly #logger: Logger
	readonly #told = new Map<string, number>()

	constructor(clock: Clock, logger: Logger) {
		this.#clock = clock
		this.#logger = logger
	}

	tell(server: Address, error: unknown): void {
		const address = formatAddress(server)
		const now = this.#clock.now()
		if (now - (this.#told.get(address) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return
		if (this.#told.size >= MOST_TOLD) this.#told.clear()
		this.#told.set(address, now)
		const code = error instanceof TransportError ? error.code : undefined
		this.#logger.info({ address, code, error: String(error) }, 'a SIP server cannot be connected to')
	}
}
