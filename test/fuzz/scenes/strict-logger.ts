import type { Logger } from '@vigil/runtime'

/** Says nothing, and remembers what was logged as an error: nobody may cause that from outside. */
export class StrictLogger implements Logger {
	readonly errors: string[] = []

	debug(): void {}
	info(): void {}
	warn(): void {}

	error(fields: object, message: string): void {
		if (this.errors.length < 10) this.errors.push(`${message} ${describe(fields)}`)
	}

	child(): Logger {
		return this
	}
}

function describe(fields: object): string {
	const { err, error = err } = fields as { err?: unknown; error?: unknown }
	return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(fields)
}
