import type { CeilingOptions } from '../command-line.ts'
import { REALM, Registrar } from '../kamailio/registrar.ts'
import { cpuMicrosOf } from '../measure/process-cpu.ts'
import { Cores } from '../run/cores.ts'
import { machineFacts, requireKamailio } from '../run/machine.ts'
import { progress } from '../run/progress.ts'
import { type RunScope, withScope } from '../run/run-scope.ts'
import { BareClient } from './bare-client.ts'

const PASSWORD = 'correct-horse-battery'

interface Cost {
	readonly cpuMicros: number
	readonly perSecond: number
}

/** Measures the bare loop and prints it. Throws when Kamailio is not installed. */
export async function benchCeiling(options: CeilingOptions): Promise<void> {
	requireKamailio()
	await withScope((scope) => measure(scope, options))
}

async function measure(scope: RunScope, options: CeilingOptions): Promise<void> {
	const { accounts, rate, tickMs, seconds, json } = options
	const cores = Cores.of(options)
	const registrar = await Registrar.start(scope, { accounts, password: PASSWORD, cores })
	cores.move('client')
	const { domain, port } = registrar
	const client = await BareClient.open({ accounts, domain, port, realm: REALM, password: PASSWORD })
	scope.defer(() => client.close())
	const cold = await costOf(client, () => client.register(accounts))
	progress(`${accounts} accounts bound; refreshing them for ${seconds} s`)
	const until = performance.now() + seconds * 1000
	const refresh = await costOf(client, async () => {
		if (rate !== undefined) await client.register(rate * seconds, { perSecond: rate, tickMs })
		else while (performance.now() < until) await client.register(accounts)
	})
	const report = {
		accounts,
		machine: machineFacts(cores),
		cpu_us_per_refresh: Number(refresh.cpuMicros.toFixed(1)),
		cpu_us_per_cold_registration: Number(cold.cpuMicros.toFixed(1)),
		refreshes_per_second: Math.round(refresh.perSecond),
	}
	process.stdout.write(`${json ? JSON.stringify(report) : table(report)}\n`)
}

/** Processor time of this process for each REGISTER that was accepted. */
async function costOf(client: BareClient, work: () => Promise<void>): Promise<Cost> {
	const [from, accepted, cpu] = [performance.now(), client.accepted, cpuMicrosOf([process.pid])]
	await work()
	const count = client.accepted - accepted
	return {
		cpuMicros: (cpuMicrosOf([process.pid]) - cpu) / count,
		perSecond: (count * 1000) / (performance.now() - from),
	}
}

function table(report: {
	cpu_us_per_refresh: number
	cpu_us_per_cold_registration: number
	refreshes_per_second: number
}) {
	return [
		`CPU per refresh, us            ${report.cpu_us_per_refresh}`,
		`CPU per cold registration, us  ${report.cpu_us_per_cold_registration}`,
		`refreshes a second             ${report.refreshes_per_second}`,
	].join('\n')
}
