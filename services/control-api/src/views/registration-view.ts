import type { RegistrationView } from '@vigil/contracts'
import { askedNow, type RegistrationStatus, type SeenAuthentication } from '@vigil/domain'
import { instant, optional, optionalInstant } from './instant.ts'

/** What is said where the status itself says nothing. */
interface InsteadOfSilence {
	readonly reason?: string | undefined
	readonly blockingReason?: string | undefined
}

/** A registration status as shown. */
export function registrationView(status: RegistrationStatus, instead: InsteadOfSilence = {}): RegistrationView {
	return {
		state: status.state,
		since: instant(status.sinceMs),
		...optional('reason', status.reason ?? instead.reason),
		...optional('sipStatus', status.sipStatus),
		...optional('grantedExpiresSeconds', status.grantedExpiresSeconds),
		...optional('confirmed', status.confirmed),
		...optional('minExpiresSeconds', status.minExpiresSeconds),
		...optionalInstant('nextAttemptAt', status.nextAttemptMs),
		...optional('target', status.target),
		...optional('holding', status.holding),
		...optional('blockingReason', status.blockingReason ?? instead.blockingReason),
		...optional('authentication', status.authentication && authenticationView(status.authentication)),
	}
}

function authenticationView(seen: SeenAuthentication): RegistrationView['authentication'] {
	const asked = askedNow(seen)
	const { change } = seen
	if (asked === undefined) return undefined
	return {
		...asked,
		...optionalInstant('changedAt', change?.atMs),
		...optional('note', change?.note),
		...optional('before', change?.before),
	}
}
