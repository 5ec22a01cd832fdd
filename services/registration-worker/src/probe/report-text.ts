import type { Admission, ProbeFindings, ProbeReport } from '@vigil/domain'

const SECOND = {
	kept: 'kept beside the first',
	overwrites: 'takes the place of the first',
	rejected: 'refused',
	unseen: 'accepted; what became of the first is not shown',
} as const

const LISTING = {
	lists: 'REGISTER without Contact lists them',
	empty: 'REGISTER without Contact lists nothing',
	refused: 'REGISTER without Contact is refused',
} as const

const SWAP_FAILURE = {
	both: 'both stay bound: the first Contact alone is processed',
	old: 'the old one stays bound',
	none: 'nothing stays bound',
} as const

const CLEAN_UP = {
	'nothing-to-remove': 'nothing was bound',
	verified: 'removed, and no longer listed',
	confirmed: 'removed; each removal was confirmed',
	uncertain: 'a removal was not confirmed',
	left: 'a test contact is still listed',
} as const

/** The report for people. */
export function reportText(report: ProbeReport): string {
	const { recommendation, blockingReason, outcome } = report
	const swap = recommendation?.contactSwap === undefined ? '' : `, ContactSwap ${recommendation.contactSwap}`
	const rows = [...findingRows(report.findings), ['test contacts', CLEAN_UP[report.cleanUp]] as const]
	const width = Math.max(...rows.map(([name]) => name.length))
	const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
	return [
		outcome === 'complete' ? 'Found' : `Not brought to its end: ${blockingReason}`,
		...lines,
		...report.warnings.map((warning) => `Note: ${warning}`),
		...(recommendation === undefined
			? ['No recommendation: too little is known.']
			: [
					'Recommended',
					`  RegistrationMode ${recommendation.registrationMode}, NATEmulation ${recommendation.natEmulation}, RegistrationRefresh ${recommendation.registrationRefreshSeconds}${swap}`,
					...recommendation.reasons.map((reason) => `  ${reason}`),
				]),
		`${report.registersSent} REGISTERs in ${report.durationMs} ms`,
	].join('\n')
}

function findingRows(findings: ProbeFindings): (readonly [string, string])[] {
	const { authentication, expiries, foreign, listing, second } = findings
	const rows: (readonly [string, string | undefined])[] = [
		['server', findings.server],
		...authentication.map(({ realm, algorithms, qop, proxy }) => {
			const what = `${algorithms.join(', ')}${qop.length === 0 ? '' : `, qop ${qop.join('/')}`}`
			return [proxy ? 'proxy digest' : 'digest', `${what} (realm ${realm})`] as const
		}),
		['second binding', second === undefined ? undefined : `${SECOND[second]} (${findings.secondStatus})`],
		['bindings', listing === undefined ? undefined : LISTING[listing]],
		['swap by one REGISTER', swapText(findings)],
		['expiry of 0', findings.zeroRemoves === 'user' ? 'ends every binding of the user' : undefined],
		['of others', foreign.length === 0 ? undefined : foreign.join(', ')],
		['expiry', expiries.map(({ askedSeconds, grantedSeconds }) => `${askedSeconds} -> ${grantedSeconds} s`).join(', ')],
		['shortest', findings.minExpiresSeconds === undefined ? undefined : `${findings.minExpiresSeconds} s`],
		['own address', admissionText(findings.plain)],
		['private address', admissionText(findings.private)],
		['seen as', findings.seenAs],
		['supported', findings.options.join(', ')],
		['service route', findings.serviceRoute.join(', ')],
	]
	return rows.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value] as const]))
}

function swapText({ swap, swapFailure, swapStatus }: ProbeFindings): string {
	if (swap === 'honoured') return 'honoured: the new one is bound and the old one is not, both ways'
	if (swap === 'unknown' || swapFailure === undefined) return 'not known'
	return `not honoured: ${SWAP_FAILURE[swapFailure]}${swapStatus === undefined ? '' : ` (${swapStatus})`}`
}

function admissionText(admission: Admission | undefined): string | undefined {
	if (admission === undefined) return undefined
	const { status, grantedSeconds } = admission
	return grantedSeconds === undefined ? `refused (${status})` : `taken for ${grantedSeconds} s`
}
