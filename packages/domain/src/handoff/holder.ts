import type { RegistrationMode } from '../account/account.ts'
import type { Holder, RegistrationStatus } from '../account/registration-status.ts'

const HOLDER_OF_BOTH: Readonly<Record<RegistrationMode, Holder>> = { 0: 'both', 1: 'both', 2: 'service', 3: 'device' }

/** Whether the service is bound upstream, as far as a status tells. */
export function holdsBinding(status: RegistrationStatus): boolean {
	return status.state === 'registered' || status.state === 'unregistering'
}

/**
 * Who holds, from who is bound. In mode 3 a device that has registered has overwritten our binding; in mode 2 no device
 * registers, and one that says so speaks of its other lines.
 */
export function holderFrom(mode: RegistrationMode, service: boolean, device: boolean): Holder {
	if (service && device) return HOLDER_OF_BOTH[mode]
	if (service) return 'service'
	return device ? 'device' : 'none'
}
