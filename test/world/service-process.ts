import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { removeEmbeddedPostgres } from '@vigil/postgres'
import { until } from '@vigil/testkit'
import { redisOfThisProcess } from './redis.ts'

const SERVICE = fileURLToPath(import.meta.resolve('@vigil/all-in-one'))
const ENTRIES = {
	service: join(SERVICE, '../main.ts'),
	demo: join(SERVICE, '../demo/main.ts'),
	keys: join(SERVICE, '../keys/main.ts'),
}

/** Every port is chosen by the system; what is set in the surroundings of the test does not leak in, Redis apart. */
function environment(settings: Readonly<Record<string, string>>): Record<string, string> {
	const { PATH = '', HOME = '' } = process.env
	return {
		PATH,
		HOME,
		...redisOfThisProcess(),
		VIGIL_API_PORT: '0',
		VIGIL_OPERATIONS_PORT: '0',
		VIGIL_EDGE_WS_PORT: '0',
		VIGIL_EDGE_SIP_PORT: '0',
		VIGIL_UPSTREAM_PORT: '0',
		VIGIL_DEMO_SIP_PORT: '0',
		// Tests run side by side: what is late is the machine's fault.
		VIGIL_SHED_LAG_MS: '60000',
		...settings,
	}
}

/** One of the programs as a process of its own, its output as it comes. */
export class ServiceProcess {
	stdout = ''
	stderr = ''
	/** Code and signal it ended by; undefined while it runs. */
	ending: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined
	readonly #child: ChildProcessByStdio<null, Readable, Readable>

	private constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
		this.#child = child
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			this.stdout += text
		})
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			this.stderr += text
		})
		child.on('close', (code, signal) => {
			this.ending = { code, signal }
		})
	}

	static start(
		entry: keyof typeof ENTRIES,
		args: readonly string[] = [],
		settings: Readonly<Record<string, string>> = {},
	): ServiceProcess {
		const child = spawn(process.execPath, [ENTRIES[entry], ...args], {
			env: environment(settings),
			stdio: ['ignore', 'pipe', 'pipe'],
		})
		return new ServiceProcess(child)
	}

	get pid(): number | undefined {
		return this.#child.pid
	}

	/** The lines printed so far. */
	get lines(): string[] {
		return this.stdout.split('\n').filter((line) => line !== '')
	}

	/** Waits until it has printed something that matches. @throws Error when it ended before. */
	async printed(pattern: RegExp): Promise<RegExpMatchArray> {
		const what = () => `${pattern} in ${this.stdout}${this.stderr}`
		const found = await until(() => pattern.exec(this.stdout) ?? (this.ending !== undefined && 'ended'), {
			deadlineMs: 120_000,
			what,
		})
		if (found === 'ended') throw new Error(`ended without ${what()}`)
		return found as RegExpMatchArray
	}

	signal(signal: NodeJS.Signals): void {
		this.#child.kill(signal)
	}

	/** Waits for its end and gives the exit code; null when a signal ended it. */
	async exit(): Promise<number | null> {
		if (this.ending === undefined) await once(this.#child, 'close')
		return this.ending?.code ?? null
	}

	/** Ends it, whatever it does. */
	async kill(): Promise<void> {
		this.#child.kill('SIGKILL')
		await this.exit()
	}
}

/** A state folder that is gone after the test, with the database that a killed process may have left running. */
export async function temporaryStateDir(): Promise<{ path: string; remove: () => Promise<void> }> {
	const path = await mkdtemp(join(tmpdir(), 'vigil-process-'))
	return {
		path,
		remove: async () => {
			await removeEmbeddedPostgres({ stateDir: path })
			await rm(path, { recursive: true, force: true })
		},
	}
}
