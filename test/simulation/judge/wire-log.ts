import { createHash } from 'node:crypto'
import type { WireEvent } from '@vigil/testkit'

/** What of a SIP message tells it from others. */
export interface SeenMessage {
	/** Status of a response; undefined for a request. */
	readonly status: number | undefined
	readonly method: string
	readonly callId: string
	readonly cseq: number
	readonly from: string
	readonly to: string
	readonly atMs: number
}

/** Everything on the wire: a hash of all of it, and the SIP messages that the judge looks at. */
export class WireLog {
	readonly sent: SeenMessage[] = []
	readonly arrived: SeenMessage[] = []
	readonly #hash = createHash('sha256')
	#events = 0

	onSent(event: WireEvent): void {
		this.#take('sent', event, this.sent)
	}

	onArrived(event: WireEvent): void {
		this.#take('arrived', event, this.arrived)
	}

	/** The same for runs in which the same happened at the same times, octet by octet. */
	get digest(): string {
		return this.#hash.copy().digest('hex')
	}

	get events(): number {
		return this.#events
	}

	#take(what: string, { kind, from, to, bytes, atMs }: WireEvent, into: SeenMessage[]): void {
		this.#events++
		this.#hash.update(`${what} ${kind} ${from} ${to} ${atMs}\n`).update(bytes)
		const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
		const callId = /\r\nCall-ID: *([^\r]+)/i.exec(text)?.[1]
		const [, number = '', method = ''] = /\r\nCSeq: *(\d+) +(\S+)/i.exec(text) ?? []
		if (callId === undefined) return
		const status = text.startsWith('SIP/2.0 ') ? Number(text.slice(8, 11)) : undefined
		const request = text.slice(0, text.indexOf(' '))
		into.push({ status, method: status === undefined ? request : method, callId, cseq: Number(number), from, to, atMs })
	}
}
