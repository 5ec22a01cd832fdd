import { type ChildProcess, fork } from 'node:child_process'
import type { Order, Report, WrittenInput } from './reports.ts'

const PROGRAM = new URL('./target-process.ts', import.meta.url)
/** Nothing may keep a target busy for longer: not one input, not a batch, not coming to rest. */
const SILENCE_MS = 60_000
/** A few inputs are done with sooner. */
const REPLAY_SILENCE_MS = 15_000
/** Memory that runs away ends the process instead of the machine. */
const EXEC_ARGS = ['--expose-gc', '--max-old-space-size=1024', '--disable-warning=ExperimentalWarning']
const KEPT_ERROR_TEXT = 4000

export interface Rest {
	readonly heapBytes: number
	readonly left: Readonly<Record<string, number>>
}

export interface Failure {
	readonly kind: 'finding' | 'crash' | 'hang'
	/** The input at which it happened, or the last one that may have caused it. */
	readonly at: number
	/** The first input that may have had a part in it. */
	readonly from: number
	readonly what: string
}

export interface RunResult {
	readonly inputs: number
	readonly rests: readonly Rest[]
	readonly failure: Failure | undefined
}

/** Runs a target in a process of its own and watches it: crashes and hangs are seen from here. */
export async function watchedRun(
	order: Extract<Order, { type: 'run' }>,
	batch: number,
	onProgress: (inputs: number) => void,
): Promise<RunResult> {
	let from = 0
	let done: number | undefined
	let finding: Failure | undefined
	const rests: Rest[] = []
	const ending = await watch(order, (report) => {
		if (report.type === 'batch') {
			from = report.from
			onProgress(from)
		} else if (report.type === 'rest') rests.push(report)
		else if (report.type === 'done') done = report.inputs
		else finding = { kind: 'finding', at: report.at, from: report.exact ? report.at : from, what: report.what }
	})
	if (done !== undefined || finding) return { inputs: done ?? from, rests, failure: finding }
	const kind = ending.hung ? 'hang' : 'crash'
	return { inputs: from, rests, failure: { kind, at: from + batch - 1, from, what: ending.what } }
}

/** Whether these inputs alone make a fresh target fail. */
export async function fails(target: string, inputs: readonly WrittenInput[]): Promise<boolean> {
	const { ok } = await watch({ type: 'replay', target, inputs }, () => {})
	return !ok
}

interface Ending {
	readonly ok: boolean
	readonly hung: boolean
	readonly what: string
}

function watch(order: Order, onReport: (report: Report) => void): Promise<Ending> {
	const silenceMs = order.type === 'run' ? SILENCE_MS : REPLAY_SILENCE_MS
	const child = fork(PROGRAM, { execArgv: EXEC_ARGS, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
	let errors = ''
	child.stderr?.setEncoding('utf8').on('data', (text: string) => {
		errors = (errors + text).slice(-KEPT_ERROR_TEXT)
	})
	return new Promise((resolve) => {
		let hung = false
		const silence = new Silence(silenceMs, () => {
			hung = true
			child.kill('SIGKILL')
		})
		child.on('message', (report: Report) => {
			silence.broken()
			onReport(report)
		})
		child.once('close', (code, signal) => {
			silence.over()
			const how = hung ? `silent for ${silenceMs / 1000} s` : `ended with ${signal ?? code}`
			resolve({ ok: code === 0, hung, what: `the process ${how}\n${errors}`.trim() })
		})
		send(child, order)
	})
}

function send(child: ChildProcess, order: Order): void {
	child.send(order, () => {})
}

/** Calls back when nothing has been heard for too long. */
class Silence {
	readonly #ms: number
	readonly #tooLong: () => void
	#timer: NodeJS.Timeout

	constructor(ms: number, tooLong: () => void) {
		this.#ms = ms
		this.#tooLong = tooLong
		this.#timer = setTimeout(tooLong, ms)
	}

	broken(): void {
		clearTimeout(this.#timer)
		this.#timer = setTimeout(this.#tooLong, this.#ms)
	}

	over(): void {
		clearTimeout(this.#timer)
	}
}
