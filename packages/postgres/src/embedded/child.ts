import { spawn } from 'node:child_process'
import type { Place } from './place.ts'

export interface Finished {
	readonly exitCode: number | null
	/** Standard output and error, in the order of arrival. */
	readonly output: string
}

/** What our children run with: never the service's own environment, which may hold keys. */
export function childOptions(place: Place) {
	return {
		cwd: place.dir,
		env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', HOME: place.dir },
		...place.account,
	}
}

export interface Run {
	/** What the program reads. */
	readonly input?: string
	/** Ends the program; it has ended when the promise rejects with the signal's reason. */
	readonly signal?: AbortSignal | undefined
}

/** Runs a program to its end as the server's account; rejects when it cannot be started, or is broken off. */
export function run(program: string, args: readonly string[], place: Place, how: Run = {}): Promise<Finished> {
	const { input = '', signal } = how
	return new Promise((resolve, reject) => {
		if (signal?.aborted) return reject(signal.reason)
		const child = spawn(program, args, { ...childOptions(place), stdio: 'pipe' })
		let output = ''
		const collect = (chunk: Buffer) => {
			output += chunk.toString('utf8')
		}
		child.stdout.on('data', collect)
		child.stderr.on('data', collect)
		const end = () => void child.kill()
		signal?.addEventListener('abort', end, { once: true })
		child.on('error', reject)
		child.on('close', (exitCode) => {
			signal?.removeEventListener('abort', end)
			if (signal?.aborted) reject(signal.reason)
			else resolve({ exitCode, output })
		})
		// A program that exits early breaks the pipe; its exit code tells why.
		child.stdin.on('error', () => {})
		child.stdin.end(input)
	})
}
