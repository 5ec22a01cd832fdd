import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@vigil/testkit'
import { freePort } from './free-port.ts'
import { linphonecConfig } from './linphonec-config.ts'
import type { RealPhone, SoftphoneAccount } from './real-phone.ts'

const PATIENCE_MS = 30_000

/** Of its output, which holds its whole log, what tells of calls and registration, and what it was told. */
const OF_INTEREST = /Call \d+ (?:with|to) |assigned id|moving from state|linphonec>/
const REGISTERED = /\[LinphoneRegistrationOk\]/
const CONNECTED = /Call (\d+) with .* connected\./
const ENDED = /Call (\d+) with .* (?:ended|error)/

/** Debian's linphonec, without screen and sound; steered over its standard input, told of on its standard output. */
export class Linphonec implements RealPhone {
	readonly #child: ChildProcess
	readonly #folder: string
	readonly #lines: string[] = []

	private constructor(child: ChildProcess, folder: string) {
		this.#child = child
		this.#folder = folder
		let rest = ''
		child.stdout?.setEncoding('utf8').on('data', (text: string) => {
			const lines = (rest + text).split('\n')
			rest = lines.pop() ?? ''
			this.#lines.push(...lines.filter((line) => OF_INTEREST.test(line)))
		})
		// The end of the process breaks the pipe, as it should.
		child.stdin?.on('error', () => {})
	}

	/** Starts it and registers; resolves with the server's 200. @throws Error when there is none. */
	static async start(account: SoftphoneAccount): Promise<Linphonec> {
		const folder = await mkdtemp(join(tmpdir(), 'vigil-linphonec-'))
		// Where it keeps its databases; it does not make the folder.
		await mkdir(join(folder, '.local', 'share', 'linphone'), { recursive: true })
		const path = join(folder, 'linphonerc')
		await writeFile(path, linphonecConfig({ login: account.login, mediaPort: await freePort() }))
		const child = spawn('linphonec', ['-c', path, '-a', '-d', '6'], {
			env: { ...process.env, HOME: folder },
			stdio: ['pipe', 'pipe', 'ignore'],
		})
		const phone = new Linphonec(child, folder)
		try {
			await once(child, 'spawn')
			await phone.#register(account)
			return phone
		} catch (error) {
			await phone.kill()
			throw error
		}
	}

	get story(): string {
		return this.#lines.join('\n')
	}

	get answered(): number {
		return this.#ids(CONNECTED).length
	}

	get talking(): number {
		return this.connected.length
	}

	/** Ids of the calls that it has just now, the oldest first. */
	get connected(): readonly string[] {
		const ended = this.#ids(ENDED)
		return this.#ids(CONNECTED).filter((id) => !ended.includes(id))
	}

	async hangUp(): Promise<void> {
		this.#type('terminate all')
	}

	/** What it talks to is put on hold: it has one call at a time besides those. */
	async dial(uri: string): Promise<void> {
		for (const id of this.connected) this.#type(`pause ${id}`)
		this.#type(`call ${uri}`)
	}

	/** Attended transfer: the other end of the call `id` is sent to the other end of the call `target`. */
	transfer(id: string, target: string): void {
		this.#type(`transfer ${id} --to-call ${target}`)
	}

	async quit(): Promise<void> {
		this.#type('unregister')
		this.#type('quit')
		await until(() => this.#lines.some((line) => line.includes('linphonec> quit')), {
			deadlineMs: PATIENCE_MS,
			what: 'linphonec to end',
		})
	}

	async kill(): Promise<void> {
		if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
			const ended = once(this.#child, 'exit')
			this.#child.kill('SIGKILL')
			await ended
		}
		await rm(this.#folder, { recursive: true, force: true })
	}

	/** It asks for one thing after the other, and reads the answers from its standard input. */
	async #register({ user, domain, outboundProxy, expiresSeconds }: SoftphoneAccount): Promise<void> {
		const server = outboundProxy ?? `sip:${domain};transport=udp`
		const answers = [`<${server}>`, `sip:${user}@${domain}`, 'yes', `${expiresSeconds}`, `<${server};lr>`, 'yes']
		for (const line of ['proxy add', ...answers]) this.#type(line)
		await until(() => this.#lines.some((line) => REGISTERED.test(line)), {
			deadlineMs: PATIENCE_MS,
			what: () => `linphonec to register: ${this.story}`,
		})
	}

	#type(line: string): void {
		this.#child.stdin?.write(`${line}\n`)
	}

	#ids(pattern: RegExp): string[] {
		return this.#lines.flatMap((line) => pattern.exec(line)?.[1] ?? [])
	}
}
