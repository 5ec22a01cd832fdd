import type { ChildProcess } from 'node:child_process'

/**
 * Asks a child to end and waits for it; one that does not is killed with the group that it leads. The child must have
 * been spawned `detached`, which makes it that leader, and keeps Ctrl-C of the terminal away from it.
 */
export async function endProcess(child: ChildProcess, graceMs: number): Promise<void> {
	const { pid } = child
	if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return
	const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
	child.kill('SIGTERM')
	const late = setTimeout(() => killGroup(pid), graceMs)
	await ended
	clearTimeout(late)
}

function killGroup(leader: number): void {
	try {
		process.kill(-leader, 'SIGKILL')
	} catch {
		// It has ended by itself in the meantime.
	}
}
