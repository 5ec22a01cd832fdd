import { randomUUID } from 'node:crypto'
import {
	answerChallenge,
	buildRequest,
	challengesOf,
	type HashAlgorithm,
	type HeaderPair,
	type SipRequest,
	type SipResponse,
} from '@vigil/sip'
import type { Flow, TransportName } from '@vigil/sip-transport'
import type { EdgeAddress } from '../../src/index.ts'
import { SipPeer } from './sip-peer.ts'

export const DOMAIN = 'devices.example'

export interface RegisterOptions {
	readonly password?: string
	readonly hash?: HashAlgorithm
	readonly expires?: number
	readonly headers?: readonly HeaderPair[]
	/** The whole Contact value, or none for a query. */
	readonly contact?: string | undefined
}

/** A device on our own stack: over every transport, with every digest. */
export class SipDevice extends SipPeer {
	readonly deviceId: string
	readonly #edge: EdgeAddress
	readonly #ca: string | undefined
	readonly #callId = randomUUID()
	readonly #tag = randomUUID()
	#cseq = 0
	#flow: Flow | undefined

	constructor(deviceId: string, edge: EdgeAddress, ca?: string) {
		super()
		this.deviceId = deviceId
		this.#edge = edge
		this.#ca = ca
		this.contact = `<sip:${deviceId.slice(0, 4)}@device.invalid;transport=${edge.transport}>`
	}

	get transport(): TransportName {
		return this.#edge.transport
	}

	get flow(): Flow {
		if (!this.#flow) throw new Error('not connected')
		return this.#flow
	}

	/** Opens a flow; again for a new one. */
	async connect(): Promise<Flow> {
		const { transport, host, port } = this.#edge
		const tls = this.#ca === undefined ? {} : { tls: { ca: this.#ca } }
		if (transport === 'udp') {
			const via = await this.manager.listen({ transport, host, port: 0 })
			this.#flow = await this.manager.connect({ transport, host, port, via })
		} else this.#flow = await this.manager.connect({ transport, host, port, reuse: false, ...tls })
		return this.#flow
	}

	/** Connects where needed, sends REGISTER, and answers one challenge when there is a password. */
	async register(options: RegisterOptions = {}): Promise<SipResponse> {
		const flow = this.#flow ?? (await this.connect())
		const request = this.registerRequest(options)
		const first = await this.send(request, flow).final()
		const { password } = options
		if (first.status !== 401 || password === undefined) return first
		const authorization = this.credentials(first, password, options.hash)
		const headers = [...(options.headers ?? []), ['Authorization', authorization] as const]
		return this.send(this.registerRequest({ ...options, headers }), flow).final()
	}

	registerRequest(options: RegisterOptions = {}): SipRequest {
		const aor = `<sip:${this.deviceId}@${DOMAIN}>`
		const contact = 'contact' in options ? options.contact : this.contact
		return buildRequest({
			method: 'REGISTER',
			uri: `sip:${DOMAIN}`,
			headers: [
				['Max-Forwards', '70'],
				['From', `${aor};tag=${this.#tag}`],
				['To', aor],
				['Call-ID', this.#callId],
				['CSeq', `${++this.#cseq} REGISTER`],
				...(contact === undefined ? [] : [['Contact', contact] as const]),
				['Expires', String(options.expires ?? 300)],
				...(options.headers ?? []),
			],
		})
	}

	credentials(challenged: SipResponse, password: string, hash: HashAlgorithm = 'SHA-256'): string {
		const challenge = challengesOf(challenged).find(({ algorithm }) => algorithm === hash)
		if (!challenge) throw new Error(`no ${hash} challenge`)
		return answerChallenge({
			challenge,
			username: this.deviceId,
			secret: { password },
			method: 'REGISTER',
			uri: `sip:${DOMAIN}`,
			cnonce: randomUUID(),
			nc: 1,
		})
	}
}
