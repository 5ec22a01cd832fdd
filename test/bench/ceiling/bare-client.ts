import { hash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

export interface BareClientOptions {
	readonly accounts: number
	/** `host:port` of the registrar, and its port. */
	readonly domain: string
	readonly port: number
	readonly realm: string
	readonly password: string
}

export interface Pace {
	readonly perSecond: number
	/** Milliseconds between the moments at which what has come due is sent. */
	readonly tickMs: number
}

interface BareAccount {
	readonly user: string
	readonly beforeBranch: string
	readonly afterBranch: string
	readonly afterSequence: string
	readonly ha1: string
	nonce: string
	uses: number
	sequence: number
	/** When what is on its way was sent; 0 for nothing. */
	sentAtMs: number
}

const BRANCH = 'z9hG4bK'
const CNONCE = '8a1bd3f0'
const IN_FLIGHT = 32
const LOST_AFTER_MS = 500

/**
 * The least that Node can hold registrations with: one UDP socket, requests glued together from strings, the nonce of
 * the last challenge used again, of an answer only the status, the branch and the nonce read. It knows no timers, no
 * transactions and no errors, and is no part of the service.
 */
export class BareClient {
	readonly #socket: Socket
	readonly #options: BareClientOptions
	readonly #accounts: BareAccount[]
	readonly #ha2: string
	#accepted = 0
	#next = 0
	#left = 0
	/** Registrations of this round that have not begun. */
	#waiting = 0
	#paced = false
	#done: () => void = () => {}

	private constructor(socket: Socket, options: BareClientOptions) {
		this.#socket = socket
		this.#options = options
		this.#ha2 = hash('md5', `REGISTER:sip:${options.domain}`)
		const { port } = socket.address()
		this.#accounts = Array.from({ length: options.accounts }, (_, index) => newAccount(options, port, index))
		socket.on('message', (bytes) => this.#receive(bytes))
	}

	static async open(options: BareClientOptions): Promise<BareClient> {
		const socket = createSocket('udp4')
		socket.bind(0, '127.0.0.1')
		await once(socket, 'listening')
		return new BareClient(socket, options)
	}

	/** REGISTERs that were answered with 200. */
	get accepted(): number {
		return this.#accepted
	}

	/**
	 * Registers `count` accounts, one after the other and round again: 32 on their way at any time, or as many a second
	 * as `pace` says.
	 */
	async register(count: number, pace?: Pace): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>()
		this.#done = resolve
		this.#left = count
		this.#waiting = count
		this.#paced = pace !== undefined
		const watch = setInterval(() => this.#repeatLost(), LOST_AFTER_MS)
		const ticks = pace && this.#startPace(count, pace)
		if (!pace) this.#begin(Math.min(IN_FLIGHT, this.#accounts.length))
		await promise
		clearInterval(watch)
		clearInterval(ticks)
	}

	close(): void {
		this.#socket.close()
	}

	#startPace(count: number, { perSecond, tickMs }: Pace): NodeJS.Timeout {
		const startedAt = performance.now()
		return setInterval(() => {
			const due = ((performance.now() - startedAt) * perSecond) / 1000
			this.#begin(Math.floor(due) - (count - this.#waiting))
		}, tickMs)
	}

	#begin(count: number): void {
		for (let tried = 0, begun = 0; begun < count && this.#waiting > 0 && tried < this.#accounts.length; tried++) {
			const account = this.#accounts[this.#next]
			this.#next = (this.#next + 1) % this.#accounts.length
			// Still on its way since the last round.
			if (!account || account.sentAtMs > 0) continue
			begun++
			this.#waiting--
			this.#send(account)
		}
	}

	#send(account: BareAccount): void {
		account.sequence++
		account.sentAtMs = performance.now()
		const text = `${account.beforeBranch}${account.sequence}${account.afterBranch}${account.sequence}${account.afterSequence}${this.#authorization(account)}\r\n`
		this.#socket.send(Buffer.from(text, 'latin1'), this.#options.port, '127.0.0.1')
	}

	#authorization(account: BareAccount): string {
		if (account.nonce === '') return ''
		const { domain, realm } = this.#options
		const nc = (++account.uses).toString(16).padStart(8, '0')
		const response = hash('md5', `${account.ha1}:${account.nonce}:${nc}:${CNONCE}:auth:${this.#ha2}`)
		return `Authorization: Digest username="${account.user}", realm="${realm}", nonce="${account.nonce}", uri="sip:${domain}", response="${response}", cnonce="${CNONCE}", qop=auth, nc=${nc}\r\n`
	}

	#receive(bytes: Buffer): void {
		const text = bytes.toString('latin1')
		const at = text.indexOf(BRANCH) + BRANCH.length
		const account = this.#accounts[Number.parseInt(text.slice(at, at + 8), 36)]
		if (!account || account.sentAtMs === 0) return
		account.sentAtMs = 0
		if (text.startsWith('200', 8)) this.#settled()
		else {
			const from = text.indexOf('nonce="') + 7
			account.nonce = text.slice(from, text.indexOf('"', from))
			account.uses = 0
			this.#send(account)
		}
	}

	#settled(): void {
		this.#accepted++
		if (--this.#left <= 0) this.#done()
		else if (!this.#paced) this.#begin(1)
	}

	#repeatLost(): void {
		const before = performance.now() - LOST_AFTER_MS
		for (const account of this.#accounts) if (account.sentAtMs > 0 && account.sentAtMs < before) this.#send(account)
	}
}

function newAccount(options: BareClientOptions, ownPort: number, index: number): BareAccount {
	const { domain, realm, password } = options
	const user = `user${index}`
	const aor = `<sip:${user}@${domain}>`
	return {
		user,
		beforeBranch: `REGISTER sip:${domain} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${ownPort};rport;branch=${BRANCH}${index.toString(36).padStart(8, '0')}.`,
		afterBranch: `\r\nMax-Forwards: 70\r\nFrom: ${aor};tag=${index}\r\nTo: ${aor}\r\nCall-ID: ceiling-${ownPort}-${index}\r\nCSeq: `,
		afterSequence: ` REGISTER\r\nContact: <sip:${user}@127.0.0.1:${ownPort}>;expires=3600\r\nContent-Length: 0\r\n`,
		ha1: hash('md5', `${user}:${realm}:${password}`),
		nonce: '',
		uses: 0,
		sequence: 0,
		sentAtMs: 0,
	}
}
