import { pino } from 'pino'
import { wellFormedJson } from './text/well-formed.ts'

/** Structured logging: fields first, then a fixed sentence. */
export interface Logger {
	debug(fields: object, message: string): void
	info(fields: object, message: string): void
	warn(fields: object, message: string): void
	error(fields: object, message: string): void
	child(fields: object): Logger
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** A JSON logger on standard error, so that a command's own output stays clean. Known secret fields print as `[redacted]`. */
export function createLogger(level: LogLevel, service: string): Logger {
	return pino(
		{
			level,
			base: { service },
			redact: {
				paths: ['password', '*.password', 'token', '*.token', 'secret', '*.secret', 'authorization'],
				censor: '[redacted]',
			},
			hooks: { streamWrite: (line) => `${wellFormedJson(line.trimEnd())}\n` },
		},
		pino.destination({ dest: 2, sync: false }),
	)
}

/** Says nothing; for tests and for libraries used without a log. */
export const silentLogger: Logger = {
	debug: () => {},
	info: () => {},
	warn: () => {},
	error: () => {},
	child: () => silentLogger,
}
