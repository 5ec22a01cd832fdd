import type { Clock } from '../clock.ts'
import { ConfigError } from '../config/config-error.ts'
import { type Lifecycle, StoppedWhileStarting } from './lifecycle.ts'

/** 0 stopped cleanly; 1 could not start, or did not stop cleanly; 2 unusable settings; 130 asked twice to stop. */
export type ExitCode = 0 | 1 | 2 | 130

/** What a running program needs of its operating system process. */
export interface ProcessHost {
	onSignal(signal: 'SIGINT' | 'SIGTERM', handler: () => void): void
	/** Prints one line on standard error. */
	say(line: string): void
	exit(code: ExitCode): void
}

const nodeProcessHost: ProcessHost = {
	onSignal: (signal, handler) => process.on(signal, handler),
	say: (line) => process.stderr.write(`${line}\n`),
	exit: (code) => process.exit(code),
}

/** npm hands a Ctrl-C on to a child that the terminal has interrupted already. */
const SAME_INTERRUPT_MS = 2_000

/**
 * Runs a program until SIGINT or SIGTERM: builds and starts it, drains it, exits. A start that fails prints one
 * sentence and exits non-zero. A SIGINT two seconds or more after that ends the process at once.
 */
export async function runProcess(
	lifecycle: Lifecycle,
	{ clock, host = nodeProcessHost }: { readonly clock: Clock; readonly host?: ProcessHost },
): Promise<void> {
	let askedAtMs: number | undefined
	const stop = (): void => {
		if (askedAtMs !== undefined) return
		askedAtMs = clock.now()
		void stopAndExit(lifecycle, host)
	}
	host.onSignal('SIGTERM', stop)
	host.onSignal('SIGINT', () => {
		if (askedAtMs !== undefined && clock.now() - askedAtMs >= SAME_INTERRUPT_MS) host.exit(130)
		else stop()
	})
	try {
		await lifecycle.start()
	} catch (error) {
		if (error instanceof StoppedWhileStarting) return
		host.say(startFailure(error))
		host.exit(exitCodeOf(error))
	}
}

/** One sentence for the person who started the process. */
export function startFailure(error: unknown): string {
	const reason = error instanceof Error ? error.message : String(error)
	return error instanceof ConfigError ? `Settings cannot be used: ${reason}` : `Could not start: ${reason}`
}

/** The exit code for an error that ended a start. */
export function exitCodeOf(error: unknown): ExitCode {
	return error instanceof ConfigError ? 2 : 1
}

async function stopAndExit(lifecycle: Lifecycle, host: ProcessHost): Promise<void> {
	const { late, failed } = await lifecycle.stop()
	for (const name of late) host.say(`${name} did not stop in time`)
	for (const name of failed) host.say(`${name} failed to stop`)
	host.exit(late.length + failed.length === 0 ? 0 : 1)
}
