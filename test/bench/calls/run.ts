import type { LatencyOptions } from '../command-line.ts'
import { type Percentiles, percentilesOf } from '../measure/percentiles.ts'
import { type MachineFacts, machineFacts } from '../run/machine.ts'
import { progress } from '../run/progress.ts'
import { type RunScope, withScope } from '../run/run-scope.ts'
import { attachLatency, watchPhone } from './attach-latency.ts'
import { startCallWorld } from './call-world.ts'
import { pushLatency } from './push-latency.ts'

/** Code that has not run yet is slower than it ever is again. */
const WARM_UP_CALLS = 20

interface LatencyReport {
	readonly calls: number
	readonly machine: MachineFacts
	readonly [figure: `${string}_ms`]: Percentiles
}

/** Milliseconds from INVITE in to the push request on the wire. */
export async function benchPush(options: LatencyOptions): Promise<void> {
	await withScope(async (scope) => {
		const world = await startCallWorld(scope)
		const latencies = await measure(options.calls, () => pushLatency(world))
		print(options, { calls: options.calls, machine: machineFacts(), invite_to_push_ms: latencies })
	})
}

/** Milliseconds from a device's REGISTER in to the INVITE out to it. */
export async function benchAttach(options: LatencyOptions): Promise<void> {
	await withScope(async (scope: RunScope) => {
		const world = await startCallWorld(scope)
		const phone = await watchPhone(scope, world)
		const latencies = await measure(options.calls, () => attachLatency(world, phone))
		print(options, { calls: options.calls, machine: machineFacts(), register_to_invite_ms: latencies })
	})
}

async function measure(calls: number, once: () => Promise<number>): Promise<Percentiles> {
	for (let call = 0; call < WARM_UP_CALLS; call++) await once()
	progress(`warmed up; ${calls} calls, one after the other`)
	const values: number[] = []
	while (values.length < calls) values.push(await once())
	return percentilesOf(values)
}

function print({ json }: LatencyOptions, report: LatencyReport): void {
	process.stdout.write(`${json ? JSON.stringify(report) : table(report)}\n`)
}

function table({ calls, machine: _machine, ...figures }: LatencyReport): string {
	const lines = Object.entries(figures).map(
		([name, { min, p50, p99, max }]) => `${name.padEnd(24)} min ${min}   p50 ${p50}   p99 ${p99}   max ${max}`,
	)
	return [`${calls} calls`, ...lines].join('\n')
}
