import { randomBytes } from 'node:crypto'
import type { Clock } from '@vigil/runtime'
import { silentLogger } from '@vigil/runtime'
import {
	buildRequest,
	buildResponse,
	type Dialog,
	inDialogRequest,
	type SipRequest,
	type SipResponse,
} from '@vigil/sip'
import { type Flow, type ServerTransaction, SipEndpoint, TransportManager } from '@vigil/sip-transport'
import { until } from '@vigil/testkit'

export const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'

/** Honest work is done within this time, however slow the machine. */
export const DEADLINE_MS = 20_000

/** An honest SIP element of a scene, on sockets of the loopback: what it is asked it tells the scene. */
export class SipParty {
	readonly manager: TransportManager
	readonly endpoint: SipEndpoint
	onRequest: (transaction: ServerTransaction) => void = (transaction) => {
		transaction.respond(buildResponse(transaction.request, 200, undefined, { toTag: 'party' }))
	}

	constructor(clock: Clock) {
		this.manager = new TransportManager({ clock, logger: silentLogger, keepAlive: false })
		this.endpoint = new SipEndpoint({
			channel: this.manager,
			clock,
			logger: silentLogger,
			branch: () => `z9hG4bK-${uniqueText()}`,
			handlers: { onRequest: (transaction) => this.onRequest(transaction), onAck: () => {} },
		})
	}

	/** The final response, or why there is none. Rejects when the request cannot be written. */
	ask(request: SipRequest, flow: Flow): Promise<SipResponse | 'timeout' | 'transport'> {
		return new Promise((resolve) => {
			this.endpoint.request(request, flow, {
				onResponse: (response) => void (response.status >= 200 && resolve(response)),
				onFailure: resolve,
			})
		})
	}

	/** Throws when the final response is another or does not come. */
	async mustRespond(request: SipRequest, flow: Flow, status: number): Promise<void> {
		let got: number | string | undefined
		void this.ask(request, flow).then((response) => {
			got = typeof response === 'string' ? response : response.status
		})
		await until(() => got, { what: `${status} to an honest ${request.method}`, deadlineMs: DEADLINE_MS })
		if (got !== status) throw new Error(`${got} instead of ${status} to an honest ${request.method}`)
	}

	hangUp(dialog: Dialog, flow: Flow): void {
		// A dialog that an input has made may have no way back.
		this.ask(inDialogRequest(dialog, 'BYE').request, flow).catch(() => {})
	}

	async close(): Promise<void> {
		await this.endpoint.close()
		await this.manager.close()
	}
}

export function uniqueText(): string {
	return randomBytes(9).toString('hex')
}

/** A request outside of a dialog. */
export function freshRequest(
	method: string,
	uri: string,
	headers: readonly (readonly [string, string])[] = [],
	body = '',
): SipRequest {
	return buildRequest({
		method,
		uri,
		headers: [
			['Max-Forwards', '70'],
			['From', `"Ann" <sip:ann@pbx.example>;tag=${uniqueText()}`],
			['To', '<sip:held@push.example>'],
			['Call-ID', uniqueText()],
			['CSeq', `1 ${method}`],
			...headers,
			...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
		],
		body,
	})
}
