import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@vigil/testkit'
import { freePort } from './free-port.ts'

export interface CallersOptions {
	readonly callee: string
	readonly serverPort: number
	/** Calls begun each second. */
	readonly perSecond: number
}

/** What became of the calls. */
export interface CallsMade {
	/** Call-IDs of all. */
	readonly made: readonly string[]
	/** Call-IDs of those that got a 2xx. */
	readonly answered: ReadonlySet<string>
	/** Final answers of the others, by Call-ID, as far as there was one. */
	readonly refused: ReadonlyMap<string, number>
}

const REFUSALS = [400, 403, 404, 408, 410, 480, 481, 482, 483, 486, 487, 488, 491, 500, 501, 502, 503, 504, 600, 603]
/** Callers that still wait then are given up; longer than anybody rings here. */
const LAST_CALLS_MS = 40_000
const START_ATTEMPTS = 3

/** Callers by a real SIPp that go on until they are stopped. */
export class SippCallers {
	readonly #child: ChildProcess
	readonly #folder: string

	private constructor(child: ChildProcess, folder: string) {
		this.#child = child
		this.#folder = folder
	}

	/** Resolves with the first call. @throws Error with SIPp's own words when it does not get that far. */
	static async start(options: CallersOptions): Promise<SippCallers> {
		for (let attempt = 1; ; attempt++) {
			try {
				return await SippCallers.#startOnce(options)
			} catch (error) {
				// A port that was free a moment ago may be taken by now.
				if (attempt === START_ATTEMPTS) throw error
			}
		}
	}

	static async #startOnce({ callee, serverPort, perSecond }: CallersOptions): Promise<SippCallers> {
		const folder = await mkdtemp(join(tmpdir(), 'vigil-callers-'))
		const scenario = join(folder, 'scenario.xml')
		const source = await readFile(new URL('../sipp/steady.xml', import.meta.url), 'utf8')
		await writeFile(scenario, source.replace('@REFUSALS@', REFUSALS.map(refusal).join('\n')))
		const ports = ['-p', String(await freePort()), '-mp', String(await freePort())]
		const args = [
			`127.0.0.1:${serverPort}`,
			...['-sf', scenario, '-s', callee, '-i', '127.0.0.1', ...ports, '-t', 'u1', '-nostdin'],
			...['-r', String(perSecond), '-rp', '1000', '-l', '10000'],
			...['-trace_logs', '-log_file', logOf(folder), '-trace_err', '-error_file', join(folder, 'errors.log')],
		]
		const child = spawn('sipp', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
		let words = ''
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			words += text
		})
		const callers = new SippCallers(child, folder)
		await once(child, 'spawn')
		await until(async () => child.exitCode !== null || (await hasText(logOf(folder))), {
			what: 'the first call of SIPp',
		})
		if (child.exitCode === null) return callers
		await callers.kill()
		throw new Error(`SIPp ended with ${child.exitCode}: ${words}`)
	}

	/** No new calls; resolves with all when the last of them is over. */
	async stop(): Promise<CallsMade> {
		await this.#end('SIGUSR1', LAST_CALLS_MS)
		const log = await readFile(logOf(this.#folder), 'utf8')
		await rm(this.#folder, { recursive: true, force: true })
		return readCalls(log)
	}

	/** Ends it without caring for its calls; harmless after `stop`. */
	async kill(): Promise<void> {
		await this.#end('SIGKILL', 0)
		await rm(this.#folder, { recursive: true, force: true })
	}

	async #end(signal: NodeJS.Signals, graceMs: number): Promise<void> {
		if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
		const ended = once(this.#child, 'exit')
		this.#child.kill(signal)
		const late = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
		await ended
		clearTimeout(late)
	}
}

function refusal(status: number): string {
	const log = `<action><log message="refused ${status} [call_id]"/></action>`
	return `  <recv response="${status}" optional="true" next="refused">${log}</recv>`
}

async function hasText(path: string): Promise<boolean> {
	return ((await stat(path).catch(() => undefined))?.size ?? 0) > 0
}

function logOf(folder: string): string {
	return join(folder, 'calls.log')
}

function readCalls(log: string): CallsMade {
	const matches = (pattern: RegExp) => [...log.matchAll(pattern)]
	return {
		made: matches(/calling (\S+)/g).map(([, id = '']) => id),
		answered: new Set(matches(/answered (\S+)/g).map(([, id = '']) => id)),
		refused: new Map(matches(/refused (\d+) (\S+)/g).map(([, status, id = '']) => [id, Number(status)])),
	}
}
