import type { Clock } from '@vigil/runtime'
import { buildRequest, type SipRequest } from '@vigil/sip'
import { type Flow, formatAddress, type SipEndpoint, TransportError } from '@vigil/sip-transport'
import type { RespondingServers } from './responding-servers.ts'

/** A server on the internet answers in less; a caller waits for it. */
const RESPONSE_WITHIN_MS = 8_000

export interface SipProofDeps {
	readonly responding: RespondingServers
	readonly endpoint: () => Pick<SipEndpoint, 'request'>
	/** Host and port of ours for that flow. */
	readonly contactFor: (flow: Flow) => string
	readonly token: () => string
	readonly clock: Clock
}

/**
 * Nothing that a device wrote goes where no SIP server has answered (ADR 19): many things that listen at a port take the lines of
 * a message for commands. So a target that has not answered yet is asked first, by an OPTIONS in which nothing is anybody's but ours.
 */
export class SipProof {
	readonly #deps: SipProofDeps
	readonly #asking = new Map<string, Promise<void>>()

	constructor(deps: SipProofDeps) {
		this.#deps = deps
	}

	/** Resolves once the other side has answered; at once where it has before. Rejects with TransportError `not-sip`. */
	require(flow: Flow): Promise<void> {
		if (this.#deps.responding.has(flow)) return Promise.resolve()
		const known = this.#asking.get(flow.id)
		if (known) return known
		const asking = this.#ask(flow).finally(() => this.#asking.delete(flow.id))
		this.#asking.set(flow.id, asking)
		return asking
	}

	#ask(flow: Flow): Promise<void> {
		const { responding, endpoint, clock } = this.#deps
		return new Promise((resolve, reject) => {
			const fail = () => reject(new TransportError('not-sip', `nothing at ${flow.id} has answered an OPTIONS`))
			const timer = clock.setTimer(RESPONSE_WITHIN_MS, fail)
			endpoint().request(this.#options(flow), flow, {
				onResponse: () => {
					clock.clearTimer(timer)
					responding.heard(flow)
					resolve()
				},
				onFailure: () => {
					clock.clearTimer(timer)
					fail()
				},
			})
		})
	}

	/** Whoever gets it is its last recipient (RFC 3261 11, 16.3 step 3): a proxy answers by itself, if only with 483. */
	#options(flow: Flow): SipRequest {
		const { contactFor, token } = this.#deps
		const transport = flow.transport === 'udp' ? '' : `;transport=${flow.transport}`
		const uri = `sip:${formatAddress(flow.remote)}${transport}`
		return buildRequest({
			method: 'OPTIONS',
			uri,
			headers: [
				['Max-Forwards', '0'],
				['From', `<sip:${contactFor(flow)}>;tag=${token()}`],
				['To', `<${uri}>`],
				['Call-ID', token()],
				['CSeq', '1 OPTIONS'],
			],
		})
	}
}
