import { type ChildProcess, fork } from 'node:child_process'
import type { SoftphoneAccount } from '../peers/real-phone.ts'
import type { PhoneOrder, PhoneReport, PhoneRequest } from './edge-phone-messages.ts'
import type { Softphone } from './softphone.ts'

const PROGRAM = new URL('./edge-phone-process.ts', import.meta.url)

/** Where an edge phone attaches, and as which device. */
export interface EdgePlace {
	/** SIP over TCP, of 127.0.0.1. */
	readonly edgePort: number
	/** Tells the device's registrations from others (RFC 5626 4.1). */
	readonly instanceId: string
}

/**
 * A softphone at the edge, over TCP, in a process of its own, which can be killed as an app is. Not baresip: Debian's does not
 * answer a server that offers SHA-256 beside MD5, as the edge does (RFC 8760 2.4).
 */
export class EdgePhone implements Softphone {
	readonly rung = new Set<string>()
	readonly #place: EdgePlace
	#process: PhoneProcess | undefined

	private constructor(place: EdgePlace) {
		this.#place = place
	}

	/** Runs when it resolves, so that callers do not wait for a program to load when it registers. */
	static async start(place: EdgePlace): Promise<EdgePhone> {
		const phone = new EdgePhone(place)
		await phone.#running()
		return phone
	}

	get calls(): number {
		return this.#process?.calls ?? 0
	}

	/** Of its process; undefined after it was killed. */
	get pid(): number | undefined {
		return this.#process?.pid
	}

	/** Registers at the edge, after it was killed in a new process. @throws Error when the edge refuses. */
	async register(account: SoftphoneAccount): Promise<void> {
		await (await this.#running()).ask({ type: 'register', account })
	}

	async unregister(): Promise<void> {
		await this.#process?.ask({ type: 'unregister' })
	}

	/** Calls and hangs up when it was answered. @throws Error when it was not. */
	async callBriefly(to: string): Promise<void> {
		await (await this.#running()).ask({ type: 'callBriefly', to })
	}

	async kill(): Promise<void> {
		const ended = this.#process
		this.#process = undefined
		await ended?.kill()
	}

	async #running(): Promise<PhoneProcess> {
		if (this.#process) return this.#process
		const started = new PhoneProcess((callId) => this.rung.add(callId))
		this.#process = started
		await started.ask({ type: 'place', ...this.#place })
		return started
	}
}

/** The program as seen by who started it. */
class PhoneProcess {
	/** How many calls it has just now. */
	calls = 0
	readonly #child: ChildProcess
	readonly #closed: Promise<void>
	readonly #onRung: (callId: string) => void
	readonly #asked = new Map<number, PromiseWithResolvers<void>>()
	#ids = 0
	/** Why it answers no more. */
	#ending: Error | undefined

	constructor(onRung: (callId: string) => void) {
		this.#onRung = onRung
		// Options of this process, such as those of a test runner, are not the phone's.
		this.#child = fork(PROGRAM, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
		this.#child.on('message', (report: PhoneReport) => this.#hear(report))
		// Not `exit`: what it has said before its end is heard first.
		this.#closed = new Promise((resolve) => {
			this.#child.once('close', (code, signal) => {
				this.#end(new Error(`the phone's process ended with ${signal ?? code}`))
				resolve()
			})
		})
		this.#child.on('error', (error) => this.#end(error))
	}

	get pid(): number | undefined {
		return this.#child.pid
	}

	/** Resolves when it is done. @throws Error with what it says, or how it ended. */
	async ask(request: PhoneRequest): Promise<void> {
		if (this.#ending) throw this.#ending
		const order: PhoneOrder = { id: ++this.#ids, request }
		const asked = Promise.withResolvers<void>()
		this.#asked.set(order.id, asked)
		this.#child.send(order, (error) => {
			if (error) this.#settle(order.id)?.reject(error)
		})
		await asked.promise
	}

	/** Ends it as an operating system ends an app, with no chance to say goodbye. */
	async kill(): Promise<void> {
		// It never began.
		if (this.pid === undefined) return
		this.#child.kill('SIGKILL')
		await this.#closed
	}

	#hear(report: PhoneReport): void {
		if (report.type === 'done') this.#settle(report.id)?.resolve()
		else if (report.type === 'failed') this.#settle(report.id)?.reject(new Error(report.message))
		else if (report.type === 'over') this.calls--
		else {
			this.calls++
			this.#onRung(report.callId)
		}
	}

	#end(why: Error): void {
		this.#ending ??= why
		this.calls = 0
		for (const id of this.#asked.keys()) this.#settle(id)?.reject(this.#ending)
	}

	#settle(id: number): PromiseWithResolvers<void> | undefined {
		const asked = this.#asked.get(id)
		this.#asked.delete(id)
		return asked
	}
}
