import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@vigil/testkit'
import { baresipConfig } from './baresip-config.ts'
import { freePort } from './free-port.ts'
import { netstring, readNetstrings } from './netstrings.ts'
import type { RealPhone, SoftphoneAccount } from './real-phone.ts'

/** What baresip tells of on its control port. */
interface BaresipEvent {
	readonly event?: true
	readonly type?: string
	/** Call-ID of the event's call. */
	readonly id?: string
	readonly direction?: string
	readonly accountaor?: string
	readonly param?: string
	readonly response?: true
	readonly ok?: boolean
	readonly data?: string
	readonly token?: string
}

const PATIENCE_MS = 10_000
const START_ATTEMPTS = 3

/** A real softphone, Debian's baresip, without screen and sound: answers every call at once, is steered over its control port. */
export class Baresip implements RealPhone {
	/** SIP port of 127.0.0.1. */
	readonly port: number
	readonly events: BaresipEvent[] = []
	readonly #child: ChildProcess
	readonly #control: Socket
	readonly #folder: string
	#tokens = 0
	#lastRemoval = 0

	private constructor(port: number, child: ChildProcess, control: Socket, folder: string) {
		this.port = port
		this.#child = child
		this.#control = control
		this.#folder = folder
		let unread: Buffer = Buffer.alloc(0)
		control.on('data', (bytes: Buffer) => {
			const { texts, rest } = readNetstrings(Buffer.concat([unread, bytes]))
			unread = rest
			this.events.push(...texts.map((text) => JSON.parse(text) as BaresipEvent))
		})
		// The end of the process breaks the connection, as it should.
		control.on('error', () => {})
	}

	static async start(): Promise<Baresip> {
		for (let attempt = 1; ; attempt++) {
			try {
				return await Baresip.#startOnce()
			} catch (error) {
				// A port that was free a moment ago may be taken by now.
				if (attempt === START_ATTEMPTS) throw error
			}
		}
	}

	static async #startOnce(): Promise<Baresip> {
		const [port, controlPort] = [await freePort(), await freePort()]
		const folder = await mkdtemp(join(tmpdir(), 'vigil-baresip-'))
		await writeFile(join(folder, 'config'), baresipConfig({ port, controlPort }))
		for (const name of ['accounts', 'contacts']) await writeFile(join(folder, name), '')
		const child = spawn('baresip', ['-f', folder], { stdio: ['ignore', 'ignore', 'ignore'] })
		let failure: Error | undefined
		child.once('error', (error) => {
			failure = error
		})
		try {
			const control = await until(
				async () => {
					if (failure || child.exitCode !== null) return failure ?? new Error(`baresip ended with ${child.exitCode}`)
					return connected(controlPort)
				},
				{ deadlineMs: PATIENCE_MS, what: 'baresip to listen' },
			)
			if (control instanceof Error) throw control
			return new Baresip(port, child, control, folder)
		} catch (error) {
			child.kill('SIGKILL')
			await rm(folder, { recursive: true, force: true })
			throw error
		}
	}

	/** Call-IDs of the calls that have come in. */
	get rung(): ReadonlySet<string> {
		return callIds(this.events, ({ type, direction }) => type === 'CALL_REMOTE_SDP' && direction === 'incoming')
	}

	get answered(): number {
		return callIds(this.events, ({ type }) => type === 'CALL_ESTABLISHED').size
	}

	get talking(): number {
		const closed = callIds(this.events, ({ type }) => type === 'CALL_CLOSED')
		return [...callIds(this.events, ({ type }) => type === 'CALL_ESTABLISHED')].filter((id) => !closed.has(id)).length
	}

	get story(): string {
		return this.events.map((event) => JSON.stringify(event)).join('\n')
	}

	async hangUp(): Promise<void> {
		await this.#command('hangup', '')
	}

	async dial(uri: string): Promise<void> {
		await this.#command('dial', uri)
	}

	/** How many calls it has just now; those of an account that was taken from it ended without a word. */
	get calls(): number {
		const events = this.events.slice(this.#lastRemoval)
		const closed = callIds(events, ({ type }) => type === 'CALL_CLOSED')
		return [...callIds(events, () => true)].filter((id) => !closed.has(id)).length
	}

	/** Registers; resolves with the server's 200. @throws Error when the server refuses. */
	async register(account: SoftphoneAccount): Promise<void> {
		const { user, domain, login, expiresSeconds, outboundProxy } = account
		const way = outboundProxy === undefined ? [] : [`outbound="${outboundProxy}"`]
		const before = this.events.length
		const parameters = [
			`regint=${expiresSeconds}`,
			`auth_user=${login.user}`,
			`auth_pass=${login.password}`,
			'answermode=auto',
			...way,
		]
		await this.#command(
			'uanew',
			`<sip:${user}@${domain}${way.length > 0 ? '' : ';transport=udp'}>;${parameters.join(';')}`,
		)
		const outcome = await this.#seen(before, ({ type }) => type === 'REGISTER_OK' || type === 'REGISTER_FAIL')
		if (outcome.type === 'REGISTER_FAIL') throw new Error(`baresip could not register: ${outcome.param}`)
	}

	/** Takes the calls of an account that somebody else registers. */
	async answerFor({ user, domain }: SoftphoneAccount): Promise<void> {
		await this.#command('uanew', `<sip:${user}@${domain};transport=udp>;regint=0;answermode=auto`)
	}

	/** Sends the removal of its binding and forgets the account; the answer is the server's business. */
	async unregister({ user, domain }: SoftphoneAccount): Promise<void> {
		const before = this.events.length
		await this.#command('uadel', `sip:${user}@${domain}`)
		await this.#seen(before, ({ type }) => type === 'UNREGISTERING')
		this.#lastRemoval = this.events.length
	}

	/** Over UDP it waits for the ends of all its transactions (RFC 3261 17.2: 32 s) before it is gone. */
	async quit(): Promise<void> {
		const before = this.events.length
		this.#control.write(netstring(JSON.stringify({ command: 'quit' })))
		await this.#seen(before, ({ type }) => type === 'UNREGISTERING')
	}

	/** Ends it as an operating system ends an app, with no chance to say goodbye. */
	async kill(): Promise<void> {
		this.#control.destroy()
		if (this.#child.exitCode === null && this.#child.signalCode === null) {
			const ended = once(this.#child, 'exit')
			this.#child.kill('SIGKILL')
			await ended
		}
		await rm(this.#folder, { recursive: true, force: true })
	}

	async #command(command: string, params: string): Promise<void> {
		const token = String(++this.#tokens)
		const before = this.events.length
		this.#control.write(netstring(JSON.stringify({ command, params, token })))
		const { ok, data } = await this.#seen(before, (event) => event.response === true && event.token === token)
		if (!ok) throw new Error(`baresip refuses ${command} ${params}: ${data}`)
	}

	#seen(from: number, wanted: (event: BaresipEvent) => boolean): Promise<BaresipEvent> {
		return until(() => this.events.slice(from).find(wanted), {
			deadlineMs: PATIENCE_MS,
			what: () => `an event of baresip: ${JSON.stringify(this.events.slice(from))}`,
		})
	}
}

function connected(port: number): Promise<Socket> {
	const socket = connect({ port, host: '127.0.0.1' })
	return new Promise((resolve, reject) => socket.once('connect', () => resolve(socket)).once('error', reject))
}

function callIds(events: readonly BaresipEvent[], wanted: (event: BaresipEvent) => boolean): Set<string> {
	return new Set(events.flatMap((event) => (event.id !== undefined && wanted(event) ? [event.id] : [])))
}
