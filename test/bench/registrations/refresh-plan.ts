import { refreshDelaySeconds } from '@vigil/domain'

/** How often accounts refresh, and for how long that is watched. */
export interface RefreshPlan {
	/** Expires that, when granted, makes the service refresh at about the wanted rate. */
	readonly expiresSeconds: number
	/** From one refresh of an account to the next, on average. */
	readonly periodSeconds: number
	/** Whole periods where those are short, so that bursts and pauses count as they come. */
	readonly windowSeconds: number
}

const SHORTEST_WINDOW_SECONDS = 20
const LONGEST_WINDOW_SECONDS = 60
const LONGEST_EXPIRES_SECONDS = 7_200

/** The plan for `accounts` that together refresh `perSecond` times a second. Throws when no Expires makes them. */
export function refreshPlan(accounts: number, perSecond: number): RefreshPlan {
	const wanted = accounts / perSecond
	for (let expiresSeconds = 2; expiresSeconds <= LONGEST_EXPIRES_SECONDS; expiresSeconds++) {
		const periodSeconds = meanDelay(expiresSeconds)
		if (periodSeconds < wanted) continue
		return {
			expiresSeconds,
			periodSeconds,
			windowSeconds: windowOf(periodSeconds),
		}
	}
	throw new Error(`${accounts} accounts that refresh ${perSecond} times a second need a longer Expires than 2 hours`)
}

/** Over accounts whose phases are spread evenly. */
function meanDelay(expiresSeconds: number): number {
	const phases = Array.from({ length: 100 }, (_, index) => (index + 0.5) / 100)
	return phases.reduce((sum, phase) => sum + refreshDelaySeconds(expiresSeconds, phase), 0) / phases.length
}

export function windowOf(periodSeconds: number): number {
	if (periodSeconds >= LONGEST_WINDOW_SECONDS) return LONGEST_WINDOW_SECONDS
	return periodSeconds * Math.ceil(SHORTEST_WINDOW_SECONDS / periodSeconds)
}
