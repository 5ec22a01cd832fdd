import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { buildResponse, parseMessage, type SipResponse, serializeMessage } from '@vigil/sip'
import { until } from '@vigil/testkit'

interface Invitation {
	/** Contact URI of a phone at the service. */
	readonly to: string
	/** Where to send it: the service itself. */
	readonly port: number
	readonly contact: string
	readonly recordRoute?: string
}

/** A caller by UDP who writes of its dialog whatever it likes. */
export class RawCaller {
	readonly responses: SipResponse[] = []
	readonly requests: string[] = []
	readonly #socket: Socket

	private constructor(socket: Socket, challenge: string | undefined) {
		this.#socket = socket
		socket.on('message', (bytes, from) => {
			const parsed = parseMessage(bytes)
			if (parsed.ok && parsed.message.kind === 'response') this.responses.push(parsed.message)
			else this.requests.push(bytes.toString('latin1'))
			if (!parsed.ok || parsed.message.kind !== 'request' || parsed.message.method === 'ACK') return
			const headers = challenge === undefined ? [] : [['WWW-Authenticate', challenge] as const]
			const status = challenge === undefined ? 200 : 401
			socket.send(
				serializeMessage(buildResponse(parsed.message, status, undefined, { headers })),
				from.port,
				from.address,
			)
		})
	}

	/** With `challenge` it asks whoever sends it a request for an answer (a WWW-Authenticate value). */
	static async start(host = '127.0.0.1', challenge?: string): Promise<RawCaller> {
		const socket = createSocket('udp4').bind(0, host)
		await once(socket, 'listening')
		return new RawCaller(socket, challenge)
	}

	/** Calls, waits for the answer, and acknowledges it. */
	async call({ to, port, contact, recordRoute }: Invitation): Promise<void> {
		const id = randomBytes(8).toString('hex')
		const lines = (method: string, cseq: number, toTag: string) => [
			`${method} ${to} SIP/2.0`,
			`Via: SIP/2.0/UDP ${this.#socket.address().address}:${this.#socket.address().port};branch=z9hG4bK${id}${method};rport`,
			...(recordRoute !== undefined && method === 'INVITE' ? [`Record-Route: <${recordRoute}>`] : []),
			'Max-Forwards: 70',
			`From: <sip:mallory@127.0.0.1>;tag=${id}`,
			`To: <sip:victim@127.0.0.1>${toTag}`,
			`Call-ID: ${id}`,
			`CSeq: ${cseq} ${method}`,
			`Contact: <${contact}>`,
			'Content-Length: 0',
			'',
			'',
		]
		const send = (text: readonly string[]) => this.#socket.send(text.join('\r\n'), port, '127.0.0.1')
		send(lines('INVITE', 1, ''))
		const response = await until(() => this.responses.find(({ status }) => status >= 200), {
			what: () => `an answer; there were ${this.responses.map(({ status }) => status)}`,
		})
		if (response.status !== 200) throw new Error(`the call was refused with ${response.status}`)
		const tag = /;tag=[^;>]+/.exec((response.headers.get('To') ?? '').replace(/<[^>]*>/, ''))?.[0] ?? ''
		send(lines('ACK', 1, tag))
	}

	get hostPort(): string {
		const { address, port } = this.#socket.address()
		return `${address}:${port}`
	}

	close(): void {
		this.#socket.close()
	}
}
