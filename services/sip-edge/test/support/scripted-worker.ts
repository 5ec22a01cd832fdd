import { randomUUID } from 'node:crypto'
import {
	addressHost,
	buildAckFor2xx,
	buildRequest,
	type Dialog,
	type HeaderPair,
	type SipResponse,
	uacDialog,
} from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import type { EdgeAddress } from '../../src/index.ts'
import { SDP, type Sent, SipPeer } from './sip-peer.ts'

/** Where a device is, as the worker was told. */
export interface Reach {
	readonly route: string
	readonly contact: string
}

/** A worker that calls devices through the edge's internal socket. */
export class ScriptedWorker extends SipPeer {
	readonly #edge: EdgeAddress
	#flow: Flow | undefined

	constructor(edge: EdgeAddress) {
		super()
		this.#edge = edge
	}

	async start(): Promise<void> {
		const { transport, host, port } = this.#edge
		const listener = await this.manager.listen({ transport, host: '127.0.0.1', port: 0 })
		this.contact = `<sip:worker@${addressHost(listener.host)}:${listener.port};transport=${transport}>`
		const via = transport === 'udp' ? { via: listener } : {}
		this.#flow = await this.manager.connect({ transport, host, port, ...via })
	}

	get flow(): Flow {
		if (!this.#flow) throw new Error('not started')
		return this.#flow
	}

	/** Calls the device. */
	invite({ route, contact }: Reach, headers: readonly HeaderPair[] = []): Sent {
		return this.send(
			buildRequest({
				method: 'INVITE',
				uri: contact,
				headers: [
					['Route', `<${route}>`],
					['Max-Forwards', '70'],
					['From', `"Alice" <sip:alice@example.com>;tag=${randomUUID()}`],
					['To', '<sip:bob@example.com>'],
					['Call-ID', randomUUID()],
					['CSeq', '1 INVITE'],
					['Contact', this.contact],
					['Content-Type', 'application/sdp'],
					...headers,
				],
				body: SDP,
			}),
			this.flow,
		)
	}

	/** Acknowledges the 2xx, and gives the dialog. */
	acknowledge(sent: Sent, response: SipResponse): Dialog {
		const dialog = uacDialog(sent.request, response)
		if (!dialog) throw new Error('no dialog')
		this.endpoint.sendAck(buildAckFor2xx(dialog, sent.request), this.flow)
		return dialog
	}
}
