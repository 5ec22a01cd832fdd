import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Measurement, MeasureRequest, StartingNotice } from '@vigil/registration-worker'
import { TEST_EGRESS } from '../../world/lone-worker.ts'
import { peakResidentBytes } from '../measure/process-cpu.ts'
import type { Cores } from '../run/cores.ts'
import { endProcess } from '../run/end-process.ts'
import type { RunScope } from '../run/run-scope.ts'
import type { BenchDatabase } from './bench-database.ts'

const MAIN = fileURLToPath(new URL('../../../services/registration-worker/src/main.ts', import.meta.url))
const STARTING_WITHIN_MS = 30_000
const MEASURED_WITHIN_MS = 120_000
const STOP_WITHIN_MS = 30_000
const ENDED = 'the worker has ended'

export interface WorkerOptions {
	/** Put before the script, as in `--cpu-prof`. */
	readonly nodeOptions: readonly string[]
	/** Registrations that it may begin a second. */
	readonly pace: number
	readonly cores: Cores
}

/** The moment before a worker reads its accounts. */
export interface WorkerStart {
	readonly atMs: number
	readonly cpuMicros: number
}

/** The service's own worker, as a process of its own, asked about itself over IPC. */
export class WorkerUnderTest {
	readonly #process: ChildProcess
	#stopping: Promise<void> | undefined

	private constructor(child: ChildProcess) {
		this.#process = child
	}

	static start(scope: RunScope, database: BenchDatabase, { nodeOptions, pace, cores }: WorkerOptions): WorkerUnderTest {
		const { PATH, HOME, REDIS_URL } = process.env
		const [file, ...args] = cores.on('client', [process.execPath, '--expose-gc', ...nodeOptions, MAIN])
		const child = spawn(file, args, {
			stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
			detached: true,
			env: {
				PATH,
				HOME,
				...(REDIS_URL === undefined ? {} : { REDIS_URL }),
				DATABASE_URL: database.url,
				VIGIL_KEY_RING: database.keyRingText,
				VIGIL_IDENTITY_SECRET: randomBytes(32).toString('base64url'),
				VIGIL_UPSTREAM_PORT: '0',
				VIGIL_EGRESS: TEST_EGRESS,
				VIGIL_UPSTREAM_PER_SECOND: String(pace),
				VIGIL_MEASURING: 'true',
			},
		})
		const worker = new WorkerUnderTest(child)
		scope.defer(() => worker.stop())
		return worker
	}

	async starting(): Promise<WorkerStart> {
		const notice = await this.#message<StartingNotice>('starting', STARTING_WITHIN_MS)
		return { atMs: performance.now(), cpuMicros: notice.cpuMicros }
	}

	/** What it has used so far. */
	measure(how: Omit<MeasureRequest, 'type'> = {}): Promise<Measurement> {
		const measured = this.#message<Measurement>('measured', MEASURED_WITHIN_MS)
		// One that has ended shows by its exit.
		this.#process.send({ type: 'measure', ...how } satisfies MeasureRequest, () => {})
		return measured
	}

	/** The most memory that it ever had resident, bytes. */
	get peakResidentBytes(): number {
		return peakResidentBytes(this.#process.pid ?? 0)
	}

	stop(): Promise<void> {
		this.#stopping ??= endProcess(this.#process, STOP_WITHIN_MS)
		return this.#stopping
	}

	#message<Message extends { readonly type: string }>(type: Message['type'], withinMs: number): Promise<Message> {
		const child = this.#process
		if (child.exitCode !== null || child.signalCode !== null) return Promise.reject(new Error(ENDED))
		return new Promise((resolve, reject) => {
			const settle = () => {
				clearTimeout(late)
				child.off('message', onMessage).off('exit', onExit)
			}
			const onMessage = (message: unknown) => {
				if ((message as Message).type !== type) return
				settle()
				resolve(message as Message)
			}
			const onExit = () => {
				settle()
				reject(new Error(ENDED))
			}
			const late = setTimeout(() => {
				settle()
				reject(new Error(`the worker did not say "${type}" in time`))
			}, withinMs)
			child.on('message', onMessage).on('exit', onExit)
		})
	}
}
