import type { Holder, RegistrationMode, RegistrationStatus } from '@vigil/domain'

/** Whether the service is bound upstream, as far as a status tells. */
export function holdsBinding(status: RegistrationStatus): boolean {
	return status.state === 'registered' || status.state === 'unregistering'
}

/** Who holds, from who is bound. In mode 3 a device that has registered has overwritten our binding. */
export function holderFrom(mode: RegistrationMode, service: boolean, device: boolean): Holder {
	if (service && device) return mode === 3 ? 'device' : 'both'
	if (service) return 'service'
	return device ? 'device' : 'none'
}
