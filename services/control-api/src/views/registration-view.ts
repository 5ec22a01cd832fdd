import type { RegistrationView } from '@vigil/contracts'
import type { RegistrationStatus } from '@vigil/domain'
import { instant, optional, optionalInstant } from './instant.ts'

/** A registration status as shown; `reason` is used where the status gives none. */
export function registrationView(status: RegistrationStatus, reason?: string): RegistrationView {
	return {
		state: status.state,
		since: instant(status.sinceMs),
		...optional('reason', status.reason ?? reason),
		...optional('sipStatus', status.sipStatus),
		...optional('grantedExpiresSeconds', status.grantedExpiresSeconds),
		...optionalInstant('nextAttemptAt', status.nextAttemptMs),
		...optional('target', status.target),
	}
}
