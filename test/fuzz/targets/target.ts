import type { FuzzInput } from '../inputs/input-source.ts'

/** Something that inputs are thrown at. */
export interface FuzzTarget {
	readonly name: string
	/** Inputs between two looks at whether all is well. */
	readonly batch: number
	start(): Promise<FuzzRun>
}

/** A started target. What it throws is a finding. */
export interface FuzzRun {
	feed(input: FuzzInput): void | Promise<void>
	/** Resolves when all inputs have been dealt with and the target has done some honest work since. */
	settle(): Promise<void>
	/** Lets everything that was begun end; how much is left, by name. None of these may grow from rest to rest. */
	rest(): Promise<Readonly<Record<string, number>>>
	close(): Promise<void>
}

/** Something that must never happen has happened. */
class Finding extends Error {
	override readonly name = 'Finding'
}

export function must(condition: boolean, what: string): asserts condition {
	if (!condition) throw new Finding(what)
}
