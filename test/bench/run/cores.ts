import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Which side of the wire a process is on. */
export type Side = 'client' | 'server'

/** Of util-linux; Linux only. */
const TASKSET = 'taskset'

/** A program with its arguments. */
export type Command = readonly [file: string, ...args: string[]]

/**
 * Shares the cores between the two sides of a measurement: the last one for the SIP server, the others for the client that
 * is measured. In the field the server is another machine; on one machine its processes would wake on the client's core,
 * stop it and clear its caches, which made a refresh 5 to 15 us dearer, in some runs and not in others.
 */
export class Cores {
	/** Lists for taskset; undefined where the sides share all cores. */
	readonly #lists: Readonly<Record<Side, string>> | undefined

	private constructor(lists: Readonly<Record<Side, string>> | undefined) {
		this.#lists = lists
	}

	/** As the command line says. */
	static of({ sharedCores }: { readonly sharedCores: boolean }): Cores {
		return sharedCores ? Cores.shared() : Cores.separate()
	}

	/** Both sides on all cores, as the kernel likes it. */
	static shared(): Cores {
		return new Cores(undefined)
	}

	/** Each side on its own; shared where there is one core only, or no taskset. */
	static separate(): Cores {
		if (spawnSync(TASKSET, ['--version']).error) return Cores.shared()
		return Cores.among(allowedCores(readFileSync('/proc/self/status', 'utf8')))
	}

	/** The same among these cores. */
	static among(cores: readonly number[]): Cores {
		const last = cores.at(-1)
		if (last === undefined || cores.length < 2) return Cores.shared()
		return new Cores({ client: cores.slice(0, -1).join(','), server: String(last) })
	}

	get areShared(): boolean {
		return this.#lists === undefined
	}

	/** The command that runs it on its side; the process keeps its id, its descriptors and its signals. */
	on(side: Side, command: Command): Command {
		return this.#lists === undefined ? command : [TASKSET, '-c', this.#lists[side], ...command]
	}

	/** Moves this process, with all of its threads, to that side. */
	move(side: Side): void {
		if (this.#lists === undefined) return
		const { status, stderr } = spawnSync(TASKSET, ['-a', '-c', '-p', this.#lists[side], String(process.pid)])
		if (status !== 0) throw new Error(`this process cannot be moved to core ${this.#lists[side]}: ${stderr}`)
	}
}

/** The cores that a process may use, by `/proc/<pid>/status` (`Cpus_allowed_list: 0-1,4`). */
export function allowedCores(status: string): number[] {
	const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1]
	if (list === undefined) return []
	return list.split(',').flatMap((range) => {
		const [from = 0, to = from] = range.split('-').map(Number)
		return Array.from({ length: to - from + 1 }, (_, index) => from + index)
	})
}
