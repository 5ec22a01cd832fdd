import type { DeviceId } from '@vigil/domain'
import {
	answerChallenge,
	buildRequest,
	buildResponse,
	challengesOf,
	type HeaderPair,
	inDialogRequest,
	type SipRequest,
	type SipResponse,
	tagOf,
	uasDialog,
} from '@vigil/sip'
import type { Flow, ServerTransaction } from '@vigil/sip-transport'
import type { SimulatedProcess } from './process.ts'
import { UserAgent } from './user-agent.ts'

const T1_MS = 500
const T2_MS = 4000
const GIVES_UP_MS = 64 * T1_MS
/** Nobody lets a phone ring for longer. */
const RINGS_AT_MOST_MS = 90_000
/** Without media a call ends by itself. */
const NO_MEDIA_MS = 30_000
const EDGE_REALM = 'vigil'

/** How a phone behaves. */
export interface PhoneHabits {
	readonly transport: 'udp' | 'tcp'
	/** What it does about a call that rings. */
	readonly reaction: 'answer' | 'decline' | 'ignore'
	/** How long after a push its app runs; `never` where the system does not start it. */
	readonly wakesAfterMs: number | 'never'
	readonly ringsForMs: number
	/** It hangs up by itself after that long; the caller does otherwise. */
	readonly hangsUpAfterMs: number | undefined
	/** How long it stays awake with nothing to do. */
	readonly idleMs: number
}

/** What the judge wants to know of a phone. */
export interface PhoneWatch {
	/** The edge has taken its REGISTER. */
	attached(phone: Phone): void
	/** The app has ended. */
	ended(phone: Phone): void
	/** A call is shown to its user. */
	rang(phone: Phone, callId: string): void
}

export interface PhoneFacts {
	readonly deviceId: DeviceId
	readonly password: string
	readonly habits: PhoneHabits
	/** Edges, in the order in which it tries them. */
	readonly edges: readonly string[]
	/** A new process of it. */
	readonly start: () => SimulatedProcess
}

/** A phone: sleeps until it is pushed, attaches at an edge, takes what rings, and sleeps again. */
export class Phone {
	readonly facts: PhoneFacts
	readonly #watch: PhoneWatch
	#life: PhoneLife | undefined

	constructor(facts: PhoneFacts, watch: PhoneWatch) {
		this.facts = facts
		this.#watch = watch
	}

	get awake(): boolean {
		return this.#life !== undefined
	}

	/** A push has come to the phone. */
	push(): void {
		const { wakesAfterMs } = this.facts.habits
		if (wakesAfterMs === 'never') return
		if (this.#life) {
			this.#life.stayAwake()
			return
		}
		const process = this.facts.start()
		process.clock.setTimer(wakesAfterMs, () => void this.#life?.run())
		this.#life = new PhoneLife(this, process, this.#watch, () => {
			this.#life = undefined
		})
	}

	/** The system kills the app. */
	kill(): void {
		this.#life?.end()
	}
}

/** The phone from its start to its end. */
class PhoneLife {
	readonly #phone: Phone
	readonly #process: SimulatedProcess
	readonly #watch: PhoneWatch
	readonly #onEnd: () => void
	readonly #agent: UserAgent
	readonly #ringing = new Set<string>()
	/** Calls that are answered; by Call-ID, what stops the repetition of the 2xx. */
	readonly #answered = new Map<string, { acknowledged: boolean }>()
	#flow: Flow | undefined
	#cseq = 0
	#sleepTimer: object | undefined
	readonly #callId: string

	constructor(phone: Phone, process: SimulatedProcess, watch: PhoneWatch, onEnd: () => void) {
		this.#phone = phone
		this.#process = process
		this.#watch = watch
		this.#onEnd = onEnd
		this.#callId = process.random.id(20)
		this.#agent = new UserAgent(process, {
			onRequest: (transaction) => this.#receive(transaction),
			onAck: (ack) => {
				const answered = this.#answered.get(ack.headers.get('Call-ID') ?? '')
				if (answered) answered.acknowledged = true
			},
		})
	}

	/** Attaches, at one edge after the other until one takes it. */
	async run(): Promise<void> {
		const { edges } = this.#phone.facts
		this.stayAwake()
		for (let attempt = 0; !this.#process.ended; attempt++) {
			const edge = edges[attempt % edges.length] ?? ''
			if (await this.#attachAt(edge).catch(() => false)) {
				this.#watch.attached(this.#phone)
				this.#flow?.onClose(() => void this.run())
				return
			}
			await new Promise<void>((resolve) => this.#process.clock.setTimer(300, resolve))
		}
	}

	stayAwake(): void {
		const { clock } = this.#process
		if (this.#sleepTimer) clock.clearTimer(this.#sleepTimer)
		this.#sleepTimer = clock.setTimer(this.#phone.facts.habits.idleMs, () => {
			if (this.#ringing.size + this.#answered.size > 0) this.stayAwake()
			else this.end()
		})
	}

	/** Without a word: apps are suspended and ended like this. */
	end(): void {
		this.#process.kill()
		this.#watch.ended(this.#phone)
		this.#onEnd()
	}

	async #attachAt(edge: string): Promise<boolean> {
		const { habits } = this.#phone.facts
		const { address } = this.#process
		const { manager } = this.#agent
		const via =
			habits.transport === 'udp' ? { via: await manager.listen({ transport: 'udp', host: address, port: 0 }) } : {}
		const flow = await manager.connect({ transport: habits.transport, host: edge, port: 5062, ...via })
		this.#flow = flow
		const first = await this.#agent.request(this.#registerRequest([]), flow)
		if (first?.status !== 401) return first?.status === 200
		const authorization = this.#credentials(first)
		const second = await this.#agent.request(this.#registerRequest([['Authorization', authorization]]), flow)
		return second?.status === 200
	}

	get #contact(): string {
		const { host, port } = this.#flow?.local ?? { host: this.#process.address, port: 5060 }
		return `<sip:phone@${host}:${port};transport=${this.#phone.facts.habits.transport}>`
	}

	#registerRequest(headers: readonly HeaderPair[]): SipRequest {
		const aor = `<sip:${this.#phone.facts.deviceId}@${EDGE_REALM}>`
		return buildRequest({
			method: 'REGISTER',
			uri: `sip:${EDGE_REALM}`,
			headers: [
				['Max-Forwards', '70'],
				['From', `${aor};tag=${this.#callId.slice(0, 8)}`],
				['To', aor],
				['Call-ID', this.#callId],
				['CSeq', `${++this.#cseq} REGISTER`],
				['Contact', this.#contact],
				['Expires', '300'],
				...headers,
			],
		})
	}

	#credentials(challenged: SipResponse): string {
		const challenge = challengesOf(challenged).find(({ algorithm }) => algorithm === 'SHA-256')
		if (!challenge) throw new Error('the edge offers no SHA-256')
		const { deviceId: username, password } = this.#phone.facts
		const uri = `sip:${EDGE_REALM}`
		const cnonce = this.#process.random.id(16)
		return answerChallenge({ challenge, username, secret: { password }, method: 'REGISTER', uri, cnonce, nc: 1 })
	}

	#receive(transaction: ServerTransaction): void {
		const { request } = transaction
		const callId = request.headers.get('Call-ID') ?? ''
		this.stayAwake()
		if (request.method === 'INVITE' && tagOf(request.headers.get('To') ?? '') === undefined)
			this.#ring(transaction, callId)
		else if (request.method === 'BYE') {
			this.#answered.delete(callId)
			this.#agent.answer(transaction, 200)
		} else this.#agent.answer(transaction, request.method === 'OPTIONS' ? 200 : 481, 'phone')
	}

	#ring(transaction: ServerTransaction, callId: string): void {
		const { habits } = this.#phone.facts
		const toTag = this.#process.random.id(8)
		this.#watch.rang(this.#phone, callId)
		this.#ringing.add(callId)
		transaction.onCancel = () => {
			this.#ringing.delete(callId)
			this.#agent.answer(transaction, 487, toTag)
		}
		transaction.onEnd = () => this.#ringing.delete(callId)
		this.#agent.answer(transaction, 180, toTag)
		const ringsForMs = habits.reaction === 'ignore' ? RINGS_AT_MOST_MS : habits.ringsForMs
		this.#process.clock.setTimer(ringsForMs, () => {
			if (!this.#ringing.delete(callId) || transaction.final) return
			if (habits.reaction === 'answer') this.#accept(transaction, callId, toTag)
			else this.#agent.answer(transaction, habits.reaction === 'decline' ? 603 : 480, toTag)
		})
	}

	#accept(transaction: ServerTransaction, callId: string, toTag: string): void {
		const headers: HeaderPair[] = [
			['Contact', this.#contact],
			['Content-Type', 'application/sdp'],
		]
		const body = 'v=0\r\no=- 2 2 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'
		const response = buildResponse(transaction.request, 200, undefined, { toTag, headers, body })
		const answered = { acknowledged: false }
		this.#answered.set(callId, answered)
		this.#repeat(() => transaction.respond(response), answered, T1_MS, 0, callId)
		const { hangsUpAfterMs = NO_MEDIA_MS } = this.#phone.facts.habits
		this.#process.clock.setTimer(hangsUpAfterMs, () => {
			const dialog = uasDialog(transaction.request, response)
			if (!dialog || !this.#flow || !this.#answered.delete(callId)) return
			void this.#agent.request(inDialogRequest(dialog, 'BYE').request, this.#flow)
		})
	}

	/** A 2xx is repeated until its ACK comes (RFC 3261 13.3.1.4). */
	#repeat(
		send: () => void,
		answered: { acknowledged: boolean },
		waitMs: number,
		passedMs: number,
		callId: string,
	): void {
		if (answered.acknowledged) return
		if (passedMs >= GIVES_UP_MS) {
			this.#answered.delete(callId)
			return
		}
		send()
		const next = Math.min(2 * waitMs, T2_MS)
		this.#process.clock.setTimer(waitMs, () => this.#repeat(send, answered, next, passedMs + waitMs, callId))
	}
}
