import { readdirSync, readFileSync } from 'node:fs'

const NS_PER_MICRO = 1000

/** A process and all that descend from it. */
export function processTree(pid: number): number[] {
	const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
		readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
	)
	return [pid, ...children.flatMap(processTree)]
}

/**
 * Processor time that the processes have used since they started, microseconds. The scheduler's own count of run time:
 * what `utime` and `stime` of /proc/<pid>/stat add up to, without their steps of 10 ms.
 */
export function cpuMicrosOf(pids: readonly number[]): number {
	let nanoseconds = 0
	for (const pid of pids) {
		for (const task of readdirSync(`/proc/${pid}/task`)) {
			nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
		}
	}
	return nanoseconds / NS_PER_MICRO
}

/** The most memory that the process ever had resident, bytes. */
export function peakResidentBytes(pid: number): number {
	const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
	return Number(kib ?? 0) * 1024
}
