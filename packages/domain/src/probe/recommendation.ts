import { DEFAULT_ATTRIBUTES, type RegistrationMode } from '../account/account.ts'
import type { ProbeFindings, ProbeRecommendation } from './types.ts'

/** What the attribute RegistrationRefresh takes, seconds. */
const SHORTEST_REFRESH_SECONDS = 30
const LONGEST_REFRESH_SECONDS = 86_400

type Decision<Value> = readonly [value: Value, reason: string]

/**
 * Registration mode, NATEmulation and RegistrationRefresh that fit what was found; undefined where it is not known what
 * becomes of a second binding.
 *
 * A server that keeps several bindings: 0. One that keeps the newest only: 3. One that refuses a second one: 1, if it
 * lists its bindings, as only the list shows that the other side is gone. Where the list cannot be had, and the server
 * refuses a second binding or does not show what became of it: 2, in which devices never register there at all. Also 2 where
 * several are kept and any removal ends all of them.
 */
export function recommend(findings: ProbeFindings): ProbeRecommendation | undefined {
	const mode = modeFor(findings)
	if (mode === undefined) return undefined
	const nat = natFor(findings)
	const refresh = refreshFor(findings)
	return {
		registrationMode: mode[0],
		natEmulation: nat[0],
		registrationRefreshSeconds: refresh[0],
		// It is mode 1 that changes sides so.
		...(mode[0] === 1 && findings.swap !== 'unknown' ? { contactSwap: findings.swap === 'honoured' } : {}),
		reasons: [mode[1], ...swapReason(findings), nat[1], refresh[1]],
	}
}

function modeFor({
	second,
	secondStatus,
	listing,
	mostBindings,
	zeroRemoves,
}: ProbeFindings): Decision<RegistrationMode> | undefined {
	switch (second) {
		case 'kept':
			if (zeroRemoves === 'user') {
				return [
					2,
					'mode 2: the server kept both contacts, but the removal of one ends every binding of the user, so a side that leaves would take the other with it: only the service registers, and devices attach to it',
				]
			}
			return [
				0,
				`mode 0: the server kept both contacts (${mostBindings} bindings at a time), so one side registers before the other goes and no call falls in between; mode 2 serves too, where outgoing calls are to pass the service`,
			]
		case 'overwrites':
			return [
				3,
				'mode 3: the newer contact took the place of the older, so each side takes over by registering and never unregisters',
			]
		case 'rejected':
			return listing === 'lists'
				? [
						1,
						`mode 1: a second contact was refused (${secondStatus}) while the first was bound, and the server lists its bindings, so each side can see that the other is gone before it registers`,
					]
				: [
						2,
						`mode 2: a second contact was refused (${secondStatus}), and the server does not list its bindings, so a change of sides cannot be verified: only the service registers, and devices attach to it`,
					]
		case 'unseen':
			return [
				2,
				'mode 2: the second contact was accepted, but the server does not show whether the first one lived on: only the service registers, and devices attach to it',
			]
		case undefined:
			return undefined
	}
}

/** Of use to whoever chooses mode 1, whatever fits best. */
function swapReason({ swap }: ProbeFindings): string[] {
	if (swap === 'unknown') return []
	return swap === 'honoured'
		? [
				'atomic swap: one REGISTER that binds one side and removes the other is done as a whole, so that in mode 1 sides change without a gap',
			]
		: [
				'no atomic swap: one REGISTER does not put one side in the place of the other, so that in mode 1 one side goes before the other comes',
			]
}

function natFor(findings: ProbeFindings): Decision<boolean> {
	const { plain, seenAs } = findings
	const hidden = findings.private
	if (plain?.grantedSeconds === undefined && hidden?.grantedSeconds !== undefined) {
		return [
			true,
			`NATEmulation: our own address in the contact was refused (${plain?.status}), a private one was taken`,
		]
	}
	if (seenAs !== undefined) {
		return [
			true,
			`NATEmulation: the server sees us at ${seenAs} and not at the address in our contact, so that it has to answer to the source`,
		]
	}
	if (hidden === undefined || plain?.grantedSeconds === undefined) return [false, 'no NATEmulation: it was not needed']
	if (hidden.grantedSeconds === undefined) {
		return [false, `no NATEmulation: a contact with a private address was refused (${hidden.status})`]
	}
	return hidden.grantedSeconds === plain.grantedSeconds
		? [false, 'no NATEmulation: a private address in the contact makes no difference']
		: [
				false,
				`no NATEmulation: our own address was taken (${plain.grantedSeconds} s); for a private one the server grants ${hidden.grantedSeconds} s, as to a phone behind NAT`,
			]
}

function refreshFor({ expiries, minExpiresSeconds }: ProbeFindings): Decision<number> {
	const usual = DEFAULT_ATTRIBUTES.registrationRefreshSeconds
	const fitting = expiries.find(({ askedSeconds }) => askedSeconds >= usual) ?? expiries.at(-1)
	if (fitting === undefined) return [usual, `RegistrationRefresh ${usual}: the usual`]
	const least = Math.max(fitting.grantedSeconds, minExpiresSeconds ?? 0, SHORTEST_REFRESH_SECONDS)
	const seconds = Math.min(least, LONGEST_REFRESH_SECONDS)
	const minimum = minExpiresSeconds === undefined ? '' : `, and takes none below ${minExpiresSeconds} s`
	const { askedSeconds, grantedSeconds } = fitting
	return [
		seconds,
		`RegistrationRefresh ${seconds}: asked for ${askedSeconds} s the server grants ${grantedSeconds} s${minimum}`,
	]
}
