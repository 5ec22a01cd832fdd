import { mkdirSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WrittenInput } from './reports.ts'

const FOLDER = new URL('../findings/', import.meta.url)

/** Saves the inputs as files, one datagram each; their paths as seen from here. */
export function saveFinding(target: string, seed: number, at: number, inputs: readonly WrittenInput[]): string[] {
	const folder = new URL(`${target}/`, FOLDER)
	mkdirSync(folder, { recursive: true })
	return inputs.map(({ hex }, i) => {
		const path = fileURLToPath(new URL(`${seed}-${at}${inputs.length > 1 ? `-${i + 1}` : ''}.dat`, folder))
		writeFileSync(path, Buffer.from(hex, 'hex'))
		return relative(process.cwd(), path)
	})
}
