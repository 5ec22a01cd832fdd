import { initialRegistrationStatus } from '../account/registration-status.ts'
import { NO_PATH } from './registration-path.ts'
import type { Registration } from './types.ts'

/** The registration of an account that nothing is known of yet. */
export function initialRegistration(nowMs: number): Registration {
	return {
		phase: 'idle',
		desired: 'abandon',
		certain: false,
		expiresSeconds: 0,
		spread: 0,
		revision: '',
		generation: 0,
		accountVersion: 0,
		attempt: 0,
		inFlight: false,
		query: 0,
		querying: 0,
		byRemoval: false,
		refused: undefined,
		cseqCount: 0,
		challenges: [],
		home: undefined,
		newlyAnswered: [],
		repeats: 0,
		leftOut: [],
		proven: false,
		boundUntilMs: 0,
		minExpiresSeconds: 0,
		failures: 0,
		remnants: undefined,
		dueAtMs: undefined,
		redirectUri: undefined,
		listsAsSent: false,
		alias: undefined,
		replacing: undefined,
		path: NO_PATH,
		status: initialRegistrationStatus(nowMs),
	}
}
