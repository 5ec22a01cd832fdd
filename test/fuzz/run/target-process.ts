import { regressions } from '../inputs/corpus.ts'
import { type FuzzInput, InputSource } from '../inputs/input-source.ts'
import { stayOnLoopback } from '../scenes/loopback-only.ts'
import type { FuzzRun, FuzzTarget } from '../targets/target.ts'
import type { Order, Report } from './reports.ts'

/** Times at which a run is brought to rest and measured: the first when everything has been used once. */
const RESTS = [0.25, 0.5, 0.75, 1]
/** Every way in, so that a regression is found whichever it came by. */
const WAYS_OF_REGRESSIONS = 12

stayOnLoopback()
// Orphans end: the watching process is gone when the channel is.
process.once('disconnect', () => process.exit(0))
process.once('message', (order: Order) => {
	execute(order).then(
		() => process.exit(0),
		(error: unknown) => {
			process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
			process.exit(1)
		},
	)
})

async function execute(order: Order): Promise<void> {
	// After the network has been cut off.
	const { TARGETS } = await import('../targets/catalogue.ts')
	const target = TARGETS[order.target]
	if (!target) throw new TypeError(`there is no target ${order.target}`)
	if (order.type === 'run') await fuzz(target, order.seed, order.seconds)
	else
		await replay(
			target,
			order.inputs.map(({ hex, way, cuts }) => ({ bytes: Buffer.from(hex, 'hex'), way, cuts })),
		)
}

async function fuzz(target: FuzzTarget, seed: number, seconds: number): Promise<void> {
	const source = new InputSource(seed, target.name)
	const run = await target.start()
	await feedRegressions(target, run)
	const startedAt = performance.now()
	const passed = () => (performance.now() - startedAt) / (seconds * 1000)
	let index = 0
	for (const share of RESTS) {
		while (passed() < share) {
			await tell({ type: 'batch', from: index })
			if (!(await feedBatch(target, run, source, index))) return
			index += target.batch
		}
		await tell({ type: 'rest', left: await run.rest(), heapBytes: heapBytes() })
	}
	await run.close()
	await tell({ type: 'done', inputs: index })
}

/** False when something was found. */
async function feedBatch(target: FuzzTarget, run: FuzzRun, source: InputSource, from: number): Promise<boolean> {
	let at = from
	let exact = true
	try {
		for (; at < from + target.batch; at++) await run.feed(source.input(at))
		exact = false
		await run.settle()
		return true
	} catch (error) {
		const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
		await tell({ type: 'finding', at: Math.min(at, from + target.batch - 1), exact, what })
		return false
	}
}

async function feedRegressions(target: FuzzTarget, run: FuzzRun): Promise<void> {
	for (const { bytes } of regressions(target.name)) {
		for (let way = 0; way < WAYS_OF_REGRESSIONS; way++) await run.feed({ bytes, way, cuts: [] })
		await run.settle()
	}
}

async function replay(target: FuzzTarget, inputs: readonly FuzzInput[]): Promise<void> {
	const run = await target.start()
	for (const input of inputs) await run.feed(input)
	await run.settle()
	await run.rest()
	await run.close()
}

/** What the process holds after everything that can go has gone. */
function heapBytes(): number {
	for (let i = 0; i < 3; i++) globalThis.gc?.()
	const { heapUsed, external } = process.memoryUsage()
	return heapUsed + external
}

function tell(report: Report): Promise<void> {
	return new Promise((resolve, reject) => {
		process.send?.(report, (error: Error | null) => (error ? reject(error) : resolve()))
	})
}
