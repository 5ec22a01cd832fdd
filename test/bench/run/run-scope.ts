import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Step = () => unknown

/** What a run has started and must end, last first, however it ends. */
export class RunScope {
	readonly #steps: Step[] = []
	#closing: Promise<void> | undefined

	/** Runs `step` at the end; one that fails does not keep the others from running. */
	defer(step: Step): void {
		this.#steps.push(step)
	}

	/** A folder that is gone at the end. */
	async folder(name: string): Promise<string> {
		const folder = await mkdtemp(join(tmpdir(), `vigil-bench-${name}-`))
		this.defer(() => rm(folder, { recursive: true, force: true }))
		return folder
	}

	/** Ends everything; a second call waits for the same end. */
	close(): Promise<void> {
		this.#closing ??= this.#runSteps()
		return this.#closing
	}

	async #runSteps(): Promise<void> {
		for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
			try {
				await step()
			} catch (error) {
				process.stderr.write(`not ended cleanly: ${String(error)}\n`)
			}
		}
	}
}

/** Runs `work`; ends what it has started also on Ctrl-C, SIGTERM and an error outside of it, which then end this process. */
export async function withScope(work: (scope: RunScope) => Promise<void>): Promise<void> {
	const scope = new RunScope()
	const endWith = (code: number) => void scope.close().then(() => process.exit(code))
	const interrupted = () => endWith(130)
	const failed = (error: unknown) => {
		process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
		endWith(1)
	}
	process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
	process.once('uncaughtException', failed).once('unhandledRejection', failed)
	try {
		await work(scope)
	} finally {
		await scope.close()
		process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
		process.off('uncaughtException', failed).off('unhandledRejection', failed)
	}
}
