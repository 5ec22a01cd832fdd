import { recommend } from './recommendation.ts'
import type { Probe, ProbeReport } from './types.ts'

/** What is told when the probe is over. */
export function reportOf(state: Probe, nowMs: number): ProbeReport {
	const { outcome, blockingReason, findings, cleanUp, attempt, startedAtMs } = state
	const recommendation = recommend(findings)
	return {
		outcome,
		...(blockingReason === undefined ? {} : { blockingReason }),
		findings,
		...(recommendation === undefined ? {} : { recommendation }),
		cleanUp,
		warnings: warningsOf(state),
		registersSent: attempt,
		durationMs: Math.max(0, Math.round(nowMs - startedAtMs)),
	}
}

function warningsOf({ findings, cleanUp, outcome, settings }: Probe): string[] {
	const warnings: string[] = []
	const { foreign, foreignLost, listing } = findings
	if (outcome === 'stopped') {
		warnings.push('nothing was bound; force goes on, and the device may have to register again afterwards')
	}
	if (foreignLost.length > 0) {
		warnings.push(`bindings of others are gone, their devices must register again: ${foreignLost.join(', ')}`)
	} else if (foreign.length > 0 && settings.force) {
		warnings.push(`bindings of others were there, and still are: ${foreign.join(', ')}`)
	}
	if (findings.zeroRemoves === 'user') {
		warnings.push(
			'an expiry of 0 ends every binding of the user: whoever unregisters there ends the bindings of all other devices',
		)
	}
	if (cleanUp === 'left') warnings.push('the server still lists a test contact after two removals; it ends by itself')
	if (cleanUp === 'uncertain') {
		warnings.push('a removal was not confirmed: a test contact may be bound until it ends by itself')
	}
	if (cleanUp === 'confirmed' && listing !== undefined && listing !== 'lists') {
		warnings.push('the removals were confirmed; the server lists no bindings that would show it')
	}
	return warnings
}
