import type { SignalPayload } from '@vigil/contracts'
import type { DeviceId } from '@vigil/domain'
import { answerChallenge, challengesOf, type HeaderPair, type SipResponse } from '@vigil/sip'
import type { SipEdge } from '@vigil/sip-edge'
import type { Flow, TransportName } from '@vigil/sip-transport'
import { until, VirtualClock } from '@vigil/testkit'
import { EDGE_DOMAIN, startLoneEdge } from '../../world/lone-edge.ts'
import { sleepingDevice } from '../../world/lone-worker.ts'
import { MemoryPorts } from '../../world/memory-ports.ts'
import { type FuzzInput, pieces } from '../inputs/input-source.ts'
import { fill, type Place } from '../inputs/messages.ts'
import { Phone } from '../scenes/phone.ts'
import { DEADLINE_MS, freshRequest, SipParty, uniqueText } from '../scenes/sip-party.ts'
import { StrictLogger } from '../scenes/strict-logger.ts'
import { StreamClient } from './stream-client.ts'
import { type FuzzRun, type FuzzTarget, must } from './target.ts'
import { textFrame, upgradeRequest } from './web-socket-frames.ts'

const LOOPBACK = '127.0.0.1'
const DEVICE = 'device-phone'
const REST_MS = 1_200_000
const REST_STEP_MS = 20_000
/** Bounds that would keep the inputs from the edge, not the edge from them; their own tests hold them. */
const NO_BOUND = 1_000_000

/** A whole edge: a phone attached over WebSocket that a worker calls, and strangers at every door. */
export const edge: FuzzTarget = {
	name: 'edge',
	batch: 25,
	async start() {
		const run = new EdgeRun()
		await run.open()
		return run
	},
}

class EdgeRun implements FuzzRun {
	readonly #clock = new VirtualClock()
	readonly #ports = new MemoryPorts()
	readonly #logger = new StrictLogger()
	readonly #phone = new Phone(this.#clock, () => 'sip:phone@phone.invalid;transport=ws')
	readonly #worker = new SipParty(this.#clock)
	readonly #stranger = new SipParty(this.#clock)
	#edge: SipEdge | undefined
	#reach: SignalPayload<'device.attached'> | undefined
	#phoneFlow: Flow | undefined
	#strangerFlow: Flow | undefined
	#streams: readonly StreamClient[] = []
	#workerPort = 0
	#cseq = 0

	async open(): Promise<void> {
		const device = sleepingDevice('phone', [])
		this.#ports.devicesById.set(device.id, device)
		await this.#ports.signals.subscribe('device.attached', (payload) => {
			this.#reach = payload
		})
		this.#edge = await startLoneEdge(this.#ports, this.#clock, this.#logger, {
			messagesPerSecondPerSource: NO_BOUND,
			maxConnectionsPerSource: NO_BOUND,
			passwordTries: NO_BOUND,
		})
		await this.#stranger.manager.listen({ transport: 'udp', host: LOOPBACK, port: 0 })
		const back = await this.#worker.manager.listen({ transport: 'tcp', host: LOOPBACK, port: 0 })
		this.#workerPort = back.port
		const [tcp, ws, internal] = [this.#port('tcp'), this.#port('ws'), this.#internalPort]
		// Strangers over TCP, over WebSocket and with anything instead of an upgrade; and a worker.
		this.#streams = [
			new StreamClient(tcp),
			new StreamClient(ws, upgradeRequest()),
			new StreamClient(ws),
			new StreamClient(internal),
		]
		await this.settle()
	}

	async feed(input: FuzzInput): Promise<void> {
		const way = input.way % 10
		const bytes = fill(input.bytes, this.#values(way))
		if (way === 0) this.#strangerFlow?.send(bytes)
		else if (way === 1) await this.#streams[0]?.send(pieces({ bytes, cuts: input.cuts }))
		else if (way === 2) await this.#streams[1]?.send([textFrame(bytes.subarray(0, 65_535))])
		else if (way === 3) await this.#streams[1]?.send(pieces({ bytes, cuts: input.cuts }))
		else if (way === 4) await this.#streams[2]?.send(pieces({ bytes, cuts: input.cuts }))
		else if (way <= 7) this.#fromPhone(bytes)
		else await this.#streams[3]?.send(pieces({ bytes, cuts: input.cuts }))
		await new Promise((resolve) => setImmediate(resolve))
	}

	async settle(): Promise<void> {
		await this.#attach()
		this.#strangerFlow = await this.#stranger.manager.connect({
			transport: 'udp',
			host: LOOPBACK,
			port: this.#port('udp'),
		})
		await this.#isAlive()
		this.#call()
		await this.#clock.advance(500)
		this.#isUnhurt()
	}

	async rest(): Promise<Readonly<Record<string, number>>> {
		for (const stream of this.#streams) stream.reset()
		for (let passed = 0; passed < REST_MS; passed += REST_STEP_MS) {
			this.#phone.hangUpAll()
			await this.#clock.advance(REST_STEP_MS)
			await this.#attach()
			await this.#isAlive()
		}
		this.#isUnhurt()
		const { ws, tcp } = this.#running.transportCounters
		return {
			attached: this.#running.attachedDevices,
			flows: ws.openFlows + tcp.openFlows,
			bindings: this.#ports.bindingsByDevice.size,
			timers: this.#clock.pendingTimers,
			sockets: process.getActiveResourcesInfo().filter((kind) => /TCP|UDP/.test(kind)).length,
		}
	}

	async close(): Promise<void> {
		for (const stream of this.#streams) stream.reset()
		await Promise.all([this.#phone.close(), this.#worker.close(), this.#stranger.close()])
		await this.#edge?.close()
	}

	get #running(): SipEdge {
		if (!this.#edge) throw new TypeError('not open')
		return this.#edge
	}

	#port(transport: TransportName): number {
		return this.#running.addresses.public.find((address) => address.transport === transport)?.port ?? 0
	}

	#values(way: number): Partial<Record<Place, string>> {
		const fresh = { BRANCH: uniqueText(), CALL: uniqueText(), FROM: 'f', TO: 't', CSEQ: '2', SENTBY: `${LOOPBACK}:9` }
		const call = this.#phone.lastCall
		const known = way === 5 ? call?.response : way === 6 || way === 8 ? call?.request : undefined
		const ROUTE = (way === 6 && call?.route) || (this.#reach?.route ?? 'sip:x;lr')
		return { TOKEN: DEVICE, DEVICE, PORT: String(this.#workerPort), ...fresh, ...known, ROUTE }
	}

	#fromPhone(bytes: Buffer): void {
		if (!this.#phoneFlow || this.#phoneFlow.closed) return
		this.#phone.note(bytes)
		this.#phoneFlow.send(bytes)
	}

	/** The phone is attached: by a flow that may be a new one, with its password. */
	async #attach(): Promise<void> {
		if (!this.#phoneFlow || this.#phoneFlow.closed) {
			const port = this.#port('ws')
			this.#phoneFlow = await this.#phone.manager.connect({ transport: 'ws', host: LOOPBACK, port, reuse: false })
		}
		let response: SipResponse | undefined
		for (let tries = 0; tries < 3 && response?.status !== 200; tries++) {
			// A nonce is made of the time, and each is good for one answer with this count.
			await this.#clock.advance(1)
			const answer = await this.#register(response)
			// An input may have ended the flow just now: the next REGISTER goes over a new one.
			if (typeof answer === 'string') return this.#attach()
			response = answer
		}
		must(response?.status === 200, `an honest REGISTER was answered by ${response?.status}`)
	}

	async #register(challenged?: SipResponse): Promise<SipResponse | string> {
		const uri = `sip:${EDGE_DOMAIN}`
		const [challenge] = challenged ? challengesOf(challenged) : []
		const secret = { password: this.#ports.password }
		const answer = challenge && {
			challenge,
			username: DEVICE,
			secret,
			method: 'REGISTER',
			uri,
			cnonce: uniqueText(),
			nc: 1,
		}
		const headers: HeaderPair[] = [
			['Contact', '<sip:phone@phone.invalid;transport=ws>;expires=600'],
			...(answer ? [['Authorization', answerChallenge(answer)] as const] : []),
		]
		const request = freshRequest('REGISTER', uri, headers)
		const aor = `<sip:${DEVICE}@${EDGE_DOMAIN}>`
		request.headers.set('From', `${aor};tag=1`).set('To', aor).set('Call-ID', 'phone')
		request.headers.set('CSeq', `${++this.#cseq} REGISTER`)
		let answered: SipResponse | string | undefined
		void this.#phone.ask(request, this.#phoneFlow as Flow).then((final) => {
			answered = final
		})
		return until(() => answered, { what: 'an answer to an honest REGISTER', deadlineMs: DEADLINE_MS })
	}

	async #workerFlow(): Promise<Flow> {
		return this.#worker.manager.connect({ transport: 'tcp', host: LOOPBACK, port: this.#internalPort })
	}

	get #internalPort(): number {
		return this.#running.addresses.internal[0]?.port ?? 0
	}

	/** An honest question of a worker reaches the phone and comes back. */
	async #isAlive(): Promise<void> {
		await until(() => this.#reach, { what: 'news of the phone', deadlineMs: DEADLINE_MS })
		await this.#worker.mustRespond(this.#toPhone('OPTIONS'), await this.#workerFlow(), 200)
	}

	#toPhone(method: string, body = '') {
		const { contact = '', route = '' } = this.#reach ?? {}
		const headers: HeaderPair[] = [
			['Route', `<${route}>`],
			['Contact', `<sip:worker@${LOOPBACK}:${this.#workerPort};transport=tcp>`],
		]
		return freshRequest(method, contact, headers, body)
	}

	/** A call of the worker, which the phone takes at once. */
	#call(): void {
		void this.#workerFlow().then((flow) => this.#worker.ask(this.#toPhone('INVITE'), flow))
	}

	#isUnhurt(): void {
		const [error] = this.#logger.errors
		must(error === undefined, `logged as an error: ${error}`)
		const { ws, tcp, udp } = this.#running.transportCounters
		must(ws.receiverErrors + tcp.receiverErrors + udp.receiverErrors === 0, 'a receiver of messages has thrown')
		must(this.#ports.devicesById.has(DEVICE as DeviceId), 'the device is gone')
	}
}
