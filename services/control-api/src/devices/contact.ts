import { CONTACT_NOTED_EVERY_MS, type Device } from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'

type ContactDeps = Pick<ControlApiDeps, 'clock' | 'logger'> & {
	readonly stores: Pick<ControlApiDeps['stores'], 'credentials'>
}

/**
 * Takes down that a device was heard of, where that is not known well enough yet: credentials are kept while devices
 * are. A contact that cannot be written does not fail what the device came for.
 */
export async function noteContact({ stores, clock, logger }: ContactDeps, device: Device): Promise<void> {
	const nowMs = clock.wall()
	if (device.lastContactMs !== undefined && nowMs < device.lastContactMs + CONTACT_NOTED_EVERY_MS) return
	try {
		await stores.credentials.noteContact(device, nowMs)
	} catch (error) {
		logger.warn({ err: error, deviceId: device.id }, 'could not note the contact of a device')
	}
}
