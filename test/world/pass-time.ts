import type { VirtualClock } from '@vigil/testkit'

/** Turns of the event loop that an exchange over loopback sockets takes, with some to spare. */
const TURNS = 20

/** Lets virtual time pass in steps, with time between them for what goes over real sockets, until `done` or `mostMs`. */
export async function passTime(
	clock: VirtualClock,
	options: { readonly mostMs: number; readonly stepMs: number; readonly done?: () => boolean },
): Promise<void> {
	const { mostMs, stepMs, done = () => false } = options
	for (let passed = 0; passed < mostMs && !done(); passed += stepMs) {
		await clock.advance(stepMs)
		for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve))
	}
}

/** Closes a worker that runs on that clock: what it still has to write may wait for time to pass. */
export async function closeInTime(clock: VirtualClock, worker: { close(): Promise<void> } | undefined): Promise<void> {
	let closed = false
	const closing = worker?.close().finally(() => {
		closed = true
	})
	if (closing) await passTime(clock, { mostMs: 60_000, stepMs: 100, done: () => closed })
	await closing
}
