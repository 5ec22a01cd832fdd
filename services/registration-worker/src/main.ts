import { createLogger, exitCodeOf, realClock, runProcess, startFailure } from '@vigil/runtime'
import { Measuring } from './process/measuring.ts'
import { readWorkerSettings } from './process/settings.ts'
import { WorkerProcess } from './process/worker-process.ts'

/** Runs the worker until it is asked to stop; tells its addresses in one line on standard output. */
async function main(): Promise<void> {
	const settings = readWorkerSettings(process.env)
	// A worker that is measured ends with who measures it.
	const measuring = settings.measuring ? new Measuring(() => process.kill(process.pid, 'SIGTERM')) : undefined
	const logger = createLogger(settings.logLevel, 'registration-worker')
	const worker = new WorkerProcess(settings, realClock, logger, measuring)
	worker.lifecycle.add({
		name: 'announce',
		start: () => {
			process.stdout.write(`${JSON.stringify(worker.addresses)}\n`)
		},
	})
	await runProcess(worker.lifecycle, { clock: realClock })
}

try {
	await main()
} catch (error) {
	process.stderr.write(`${startFailure(error)}\n`)
	process.exitCode = exitCodeOf(error)
}
