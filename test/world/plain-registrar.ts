import type { Clock } from '@vigil/runtime'
import { buildResponse, type HeaderPair, parseNameAddr, parseUri, type SipRequest, type SipResponse } from '@vigil/sip'
import { openSipWire, type SipWire, type WireOptions, type WirePeer } from '@vigil/testkit'

/** A REGISTER as it came. */
export interface PlainRegister {
	/** By the clock of the test. */
	readonly atMs: number
	readonly user: string
	readonly request: SipRequest
	readonly from: WirePeer
}

/** A SIP server that takes every REGISTER without a question, by the clock of the test. Real sockets, UDP and TCP. */
export class PlainRegistrar {
	readonly wire: SipWire
	readonly registers: PlainRegister[] = []
	/** What else came: answers to requests of the test, requests of others. */
	readonly others: (SipRequest | SipResponse)[] = []
	/** Says nothing to anybody. */
	isSilent = false
	/** Goes into every 200. */
	headers: readonly HeaderPair[] = []
	/** The status of the answer. */
	statusFor: (request: SipRequest) => number = () => 200
	/** Goes into every other answer. */
	refusalHeaders: (request: SipRequest) => readonly HeaderPair[] = () => []
	/** Called when an answer has been given to the socket. */
	afterResponse: () => void = () => {}

	private constructor(wire: SipWire, clock: Clock) {
		this.wire = wire
		wire.onMessage((message, from) => {
			if (message.kind === 'response' || message.method !== 'REGISTER') {
				this.others.push(message)
				return
			}
			this.registers.push({ atMs: clock.now(), user: userOf(message), request: message, from })
			if (this.isSilent) return
			this.wire.send(this.#respond(message), from)
			this.afterResponse()
		})
	}

	static async start(clock: Clock, options: WireOptions = {}): Promise<PlainRegistrar> {
		return new PlainRegistrar(await openSipWire(options), clock)
	}

	get port(): number {
		return this.wire.port
	}

	/** Requests of the user, the copies of one counted once. */
	registersOf(user: string): PlainRegister[] {
		const seen = new Map<string, PlainRegister>()
		for (const register of this.registers) {
			const { headers } = register.request
			if (register.user === user) seen.set(`${headers.get('Call-ID')} ${headers.get('CSeq')}`, register)
		}
		return [...seen.values()]
	}

	/** The most of these that came within so many milliseconds of the clock. */
	peakPer(ms: number, registers: readonly PlainRegister[] = this.registers): number {
		const counts = new Map<number, number>()
		for (const { atMs } of registers) {
			const slice = Math.floor(atMs / ms)
			counts.set(slice, (counts.get(slice) ?? 0) + 1)
		}
		return Math.max(0, ...counts.values())
	}

	close(): Promise<void> {
		return this.wire.close()
	}

	#respond(request: SipRequest): SipResponse {
		const status = this.statusFor(request)
		const contact = request.headers.get('Contact')
		const bound: HeaderPair[] = contact === undefined ? [] : [['Contact', contact]]
		const headers = status === 200 ? [...bound, ...this.headers] : [...this.refusalHeaders(request)]
		return buildResponse(request, status, undefined, { toTag: 'plain', headers })
	}
}

function userOf(request: SipRequest): string {
	const uri = parseUri(parseNameAddr(request.headers.get('To') ?? '')?.uri ?? '')
	return uri?.scheme === 'sip' ? (uri.user ?? '') : ''
}
