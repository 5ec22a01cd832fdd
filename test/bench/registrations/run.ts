import type { RegistrationsOptions } from '../command-line.ts'
import { Cores } from '../run/cores.ts'
import { machineFacts, requireKamailio } from '../run/machine.ts'
import { withScope } from '../run/run-scope.ts'
import { measureOurSide } from './our-side.ts'
import { measurePeerSide } from './peer-side.ts'
import type { RegistrationsRun } from './registrations-run.ts'
import { registrationsReport, registrationsTable } from './report.ts'

const PASSWORD = 'correct-horse-battery'

/** Runs the comparison and prints it. Throws when Kamailio is not installed or a side does not get all accounts bound. */
export async function benchRegistrations(options: RegistrationsOptions): Promise<void> {
	requireKamailio()
	const { accounts, rate: perSecond, warmUpSeconds, pace, nodeOptions, restart, peer, json } = options
	const cores = Cores.of(options)
	const password = PASSWORD
	const run: RegistrationsRun = { accounts, perSecond, warmUpSeconds, password, pace, nodeOptions, restart, cores }
	await withScope(async (scope) => {
		const ours = await measureOurSide(scope, run)
		const theirs = peer === undefined ? undefined : await measurePeerSide(scope, run)
		const report = registrationsReport(accounts, machineFacts(cores), ours, theirs)
		process.stdout.write(`${json ? JSON.stringify(report) : registrationsTable(report)}\n`)
	})
}
