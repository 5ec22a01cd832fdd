import { initialRegistrationStatus } from '../account/registration-status.ts'
import type { Registration } from './types.ts'

/** The registration of an account that nothing is known of yet. */
export function initialRegistration(nowMs: number): Registration {
	return {
		phase: 'idle',
		hold: false,
		settings: undefined,
		accountVersion: 0,
		attempt: 0,
		inFlight: false,
		cseqCount: 0,
		challenges: [],
		freshlyAnswered: [],
		challengeRounds: 0,
		boundUntilMs: 0,
		minExpiresSeconds: 0,
		failures: 0,
		dueAtMs: 0,
		redirectUri: undefined,
		status: initialRegistrationStatus(nowMs),
	}
}
