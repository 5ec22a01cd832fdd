import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { type RawInvite, rawRequest } from './raw-invite.ts'

interface Waiting {
	readonly invite: RawInvite
	readonly sentAtMs: number
	readonly heard: (ms: number | undefined) => void
}

/** A caller that hangs up at the first 180, and notes how long it waited for it. */
export class TimedCaller {
	readonly #socket: Socket
	readonly #port: number
	readonly #waiting = new Map<string, Waiting>()
	/** Final answers to calls before they rang. */
	readonly refusals: number[] = []
	#calls = 0

	private constructor(socket: Socket, port: number) {
		this.#socket = socket
		this.#port = port
		socket.on('message', (bytes) => this.#hear(bytes.toString('latin1')))
	}

	/** Sends from the loopback to that UDP port. */
	static async open(port: number): Promise<TimedCaller> {
		const socket = createSocket('udp4')
		socket.bind(0, '127.0.0.1')
		await once(socket, 'listening')
		return new TimedCaller(socket, port)
	}

	/**
	 * So many calls, one each `everyMs`, to the targets in turn. Milliseconds from INVITE to 180, in rising order; one that did not
	 * ring within the time is not among them.
	 */
	async callInTurn(targets: readonly string[], calls: number, everyMs: number): Promise<number[]> {
		const waits: Promise<number | undefined>[] = []
		for (let index = 0; index < calls; index++) {
			waits.push(this.#call(targets[index % targets.length] as string))
			await pause(everyMs)
		}
		const heard = (await Promise.all(waits)).filter((ms) => ms !== undefined)
		return heard.sort((a, b) => a - b)
	}

	close(): void {
		this.#socket.close()
	}

	#call(target: string): Promise<number | undefined> {
		const { address, port } = this.#socket.address()
		const invite = { target, callId: `timed-${port}-${++this.#calls}`, from: `${address}:${port}` }
		const { promise, resolve } = Promise.withResolvers<number | undefined>()
		this.#waiting.set(invite.callId, { invite, sentAtMs: performance.now(), heard: resolve })
		this.#send(rawRequest('INVITE', invite))
		void pause(20_000, undefined, { ref: false }).then(() => resolve(undefined))
		return promise
	}

	#hear(text: string): void {
		const status = Number(text.slice(8, 11))
		const method = /^CSeq: 1 (\w+)/m.exec(text)?.[1]
		const call = this.#waiting.get(/^Call-ID: (\S+)/m.exec(text)?.[1] ?? '')
		if (!call || method !== 'INVITE') return
		if (status === 180) {
			call.heard(performance.now() - call.sentAtMs)
			this.#send(rawRequest('CANCEL', call.invite))
		}
		if (status < 200) return
		if (status !== 487) this.refusals.push(status)
		call.heard(undefined)
		this.#send(rawRequest('ACK', call.invite, /^To: .*(;tag=\S+)/m.exec(text)?.[1]))
	}

	#send(text: string): void {
		this.#socket.send(text, this.#port, '127.0.0.1')
	}
}

/** The value that this part of them do not exceed. */
export function quantile(risingValues: readonly number[], part: number): number {
	return risingValues[Math.min(risingValues.length - 1, Math.ceil(risingValues.length * part) - 1)] ?? Number.NaN
}
