import { randomBytes } from 'node:crypto'
import { buildRequest, headerList, parseNameAddr, type SipResponse } from '@vigil/sip'
import { openSipWire, ScriptedAgent, type SipWire } from '@vigil/testkit'

/** A phone that is none of ours: registers a contact of its own at a SIP server of 127.0.0.1, over UDP. */
export class DeskPhone {
	/** Contact URI. */
	readonly contact: string
	readonly #agent: ScriptedAgent
	readonly #user: { readonly name: string; readonly password: string; readonly serverPort: number }
	readonly #callId = randomBytes(9).toString('hex')
	#cseq = 0

	private constructor(wire: SipWire, user: { name: string; password: string; serverPort: number }, host: string) {
		this.#agent = new ScriptedAgent(wire)
		this.#user = user
		this.contact = `sip:${user.name}@${host}:${wire.port}`
	}

	/** `contactHost` stands in the Contact, wherever the phone really is. */
	static async at(
		serverPort: number,
		name: string,
		{ password, contactHost = '127.0.0.1' }: { readonly password: string; readonly contactHost?: string },
	): Promise<DeskPhone> {
		return new DeskPhone(await openSipWire(), { name, password, serverPort }, contactHost)
	}

	/** The answer to a REGISTER of the contact for so long; 0 removes it. */
	register(expiresSeconds: number): Promise<SipResponse> {
		return this.#send([['Contact', `<${this.contact}>;expires=${expiresSeconds}`]])
	}

	/** The contacts that the server lists when it is asked without one (RFC 3261 10.2.3). */
	async fetch(): Promise<string[]> {
		const { headers } = await this.#send([])
		return headerList(headers, 'Contact').flatMap((text) => parseNameAddr(text)?.uri ?? [])
	}

	close(): Promise<void> {
		return this.#agent.close()
	}

	#send(contact: readonly [string, string][]): Promise<SipResponse> {
		const { name, password, serverPort } = this.#user
		const aor = `<sip:${name}@pbx.test>`
		this.#cseq += 2
		const request = buildRequest({
			method: 'REGISTER',
			uri: 'sip:pbx.test',
			headers: [
				['Max-Forwards', '70'],
				['From', `${aor};tag=${this.#callId}`],
				['To', aor],
				['Call-ID', this.#callId],
				['CSeq', `${this.#cseq} REGISTER`],
				...contact,
			],
		})
		const server = { transport: 'udp', host: '127.0.0.1', port: serverPort } as const
		return this.#agent.sendAuthorized(request, server, { username: name, password })
	}
}
