import { createSocket, type Socket } from 'node:dgram'

interface Pending {
	readonly resolve: (result: unknown) => void
	readonly reject: (error: Error) => void
	readonly again: NodeJS.Timeout
}

const REPEAT_MS = 2_000
const TRIES = 10

/** JSON-RPC over UDP on loopback, as Kamailio's jsonrpcs module answers it. Calls are repeated when no answer comes. */
export class KamailioRpc {
	readonly #port: number
	readonly #socket: Socket
	readonly #pending = new Map<number, Pending>()
	#lastId = 0

	constructor(port: number) {
		this.#port = port
		this.#socket = createSocket('udp4')
		this.#socket.on('message', (bytes) => this.#answer(bytes.toString()))
		// A port that nobody listens at yet: the repetition finds out.
		this.#socket.on('error', () => {})
	}

	/** Calls a command that may be run twice. Throws when it fails or is never answered. */
	call<Result>(method: string, params: readonly (string | number)[] = [], tries = TRIES): Promise<Result> {
		const id = ++this.#lastId
		const text = JSON.stringify({ jsonrpc: '2.0', method, params, id })
		const { promise, resolve, reject } = Promise.withResolvers<unknown>()
		let left = tries
		const send = () => {
			if (left-- > 0) this.#socket.send(text, this.#port, '127.0.0.1')
			else this.#settle(id)?.reject(new Error(`kamailio did not answer ${method}`))
		}
		this.#pending.set(id, { resolve, reject, again: setInterval(send, REPEAT_MS) })
		send()
		return promise as Promise<Result>
	}

	close(): void {
		for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(new Error('closed'))
		this.#socket.close()
	}

	#answer(text: string): void {
		const { id, result, error } = JSON.parse(text) as { id: number; result?: unknown; error?: { message: string } }
		const pending = this.#settle(id)
		if (error) pending?.reject(new Error(`kamailio: ${error.message}`))
		else pending?.resolve(result)
	}

	#settle(id: number): Pending | undefined {
		const pending = this.#pending.get(id)
		if (pending) clearInterval(pending.again)
		this.#pending.delete(id)
		return pending
	}
}
