import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@vigil/testkit'
import { freePort } from './free-port.ts'
import { type KamailioOptions, type KamailioPorts, writeKamailioConfig } from './kamailio-config.ts'
import { type BindingsSeen, type RegisterSeen, readBindings, readRegisters } from './kamailio-log.ts'

/** A binding as the SIP server logged its change. */
export interface BindingChange {
	readonly change: 'saved' | 'removed'
	readonly contact: string
	readonly expires: number
	readonly transport: string
}

const STOP_WITHIN_MS = 10_000

/** A real Kamailio as the customer's SIP server, on a free port of 127.0.0.1. */
export class Kamailio {
	/** UDP, TCP and, where asked for, WebSocket. */
	readonly port: number
	/** Listened to when the options name a certificate. */
	readonly tlsPort: number
	#process: ChildProcess
	readonly #folder: string
	readonly #configPath: string
	#log = ''

	private constructor({ port, tlsPort }: KamailioPorts, folder: string, configPath: string) {
		this.port = port
		this.tlsPort = tlsPort
		this.#folder = folder
		this.#configPath = configPath
		this.#process = this.#spawn()
	}

	static async start(options: KamailioOptions): Promise<Kamailio> {
		const port = await freePort()
		const folder = await mkdtemp(join(tmpdir(), 'vigil-kamailio-'))
		const tlsPort = await freePort()
		const path = await writeKamailioConfig(folder, { port, tlsPort }, options)
		const kamailio = new Kamailio({ port, tlsPort }, folder, path)
		await kamailio.#listening()
		return kamailio
	}

	/** Everything that it has logged. */
	get log(): string {
		return this.#log
	}

	/** Changes of the user's bindings, oldest first. */
	bindingChanges(user: string): BindingChange[] {
		const line = /binding (saved|removed) user=(\S+) contact=(.*?)(?: expires=(\S+) result=\S+)? transport=(\S+)/g
		return [...this.#log.matchAll(line)].flatMap(([, change, who, contact, expires, transport]) =>
			who === user
				? [
						{
							change: change === 'removed' ? ('removed' as const) : ('saved' as const),
							contact: contact ?? '',
							expires: Number(expires ?? 0),
							transport: transport ?? '',
						},
					]
				: [],
		)
	}

	/** Methods of the user's requests in calls that were challenged, and of those whose proof was right; in their order. */
	proofs(user: string): { readonly challenged: string[]; readonly admitted: string[] } {
		const methods = (what: string) =>
			[...this.#log.matchAll(new RegExp(`call ${what} method=(\\S+) user=(\\S+)`, 'g'))].flatMap(
				([, method = '', who]) => (who === user ? [method] : []),
			)
		return { challenged: methods('challenged'), admitted: methods('admitted') }
	}

	/** Every REGISTER of the user as it came, copies included, with what was answered. */
	registers(user: string): RegisterSeen[] {
		return readRegisters(this.#log, user)
	}

	/** What was bound for the user, and since when; the first entry is the first binding. */
	bindings(user: string): BindingsSeen[] {
		return readBindings(this.#log, user)
	}

	/** How often a REGISTER of the user was challenged. */
	challenges(user: string): number {
		return [...this.#log.matchAll(/register user=(\S+) .*challenged/g)].filter(([, who]) => who === user).length
	}

	/** Ends, and begins anew on the same ports with nothing in memory. The log goes on. */
	async restart(): Promise<void> {
		await this.#end()
		this.#process = this.#spawn()
		await this.#listening()
	}

	async stop(): Promise<void> {
		await this.#end()
		await rm(this.#folder, { recursive: true, force: true })
	}

	#spawn(): ChildProcess {
		const args = ['-f', this.#configPath, '-DD', '-E', '-m', '64', '-M', '8', '-Y', this.#folder]
		const child = spawn('kamailio', args, { stdio: ['ignore', 'ignore', 'pipe'] })
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			this.#log += text
		})
		return child
	}

	async #listening(): Promise<void> {
		const child = this.#process
		const listens = () => child.exitCode !== null || answersOptions(this.port)
		await until(listens, { deadlineMs: 20_000, what: 'kamailio to listen' })
		if (child.exitCode !== null) throw new Error(`kamailio ended at once:\n${this.#log}`)
	}

	async #end(): Promise<void> {
		if (this.#process.exitCode === null) {
			const ended = new Promise((resolve) => this.#process.once('exit', resolve))
			this.#process.kill('SIGTERM')
			// One that is told while it starts its processes may wait for them for ever.
			const late = setTimeout(() => this.#process.kill('SIGKILL'), STOP_WITHIN_MS)
			await ended
			clearTimeout(late)
		}
	}
}

async function answersOptions(port: number): Promise<boolean> {
	const { createSocket } = await import('node:dgram')
	const socket = createSocket('udp4')
	return new Promise((resolve) => {
		const done = (answered: boolean) => {
			clearTimeout(timer)
			socket.close()
			resolve(answered)
		}
		const timer = setTimeout(() => done(false), 200)
		socket.once('message', () => done(true))
		socket.once('error', () => done(false))
		socket.bind(0, '127.0.0.1', () => {
			const { port: own } = socket.address()
			const text = [
				`OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
				`Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bKready${own}`,
				'Max-Forwards: 1',
				'From: <sip:probe@pbx.test>;tag=1',
				'To: <sip:probe@pbx.test>',
				`Call-ID: ready-${own}`,
				'CSeq: 1 OPTIONS',
				'Content-Length: 0',
				'',
				'',
			].join('\r\n')
			socket.send(text, port, '127.0.0.1')
		})
	})
}
