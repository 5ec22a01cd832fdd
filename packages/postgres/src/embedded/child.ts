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

/** Runs a program to its end as the server's account; rejects only when it cannot be started. */
export function run(program: string, args: readonly string[], place: Place, input = ''): Promise<Finished> {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { ...childOptions(place), stdio: 'pipe' })
		let output = ''
		const collect = (chunk: Buffer) => {
			output += chunk.toString('utf8')
		}
		child.stdout.on('data', collect)
		child.stderr.on('data', collect)
		child.on('error', reject)
		child.on('close', (exitCode) => resolve({ exitCode, output }))
		// A program that exits early breaks the pipe; its exit code tells why.
		child.stdin.on('error', () => {})
		child.stdin.end(input)
	})
}
