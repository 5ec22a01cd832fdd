import type { DeviceBinding, DeviceId } from '@vigil/domain'
import type { Flow } from '@vigil/sip-transport'
import type { CallEndpoint } from './call-side.ts'

/** Devices, each behind the edge that it is attached to. */
export interface DeviceSide {
	readonly endpoint: CallEndpoint
	/** `host:port` by which edges reach us. */
	readonly hostPort: string
	/** The flow to the edge that a Route names. Rejects when it cannot be reached. */
	flowTo(routeUri: string): Promise<Flow>
	/** Where the device is attached now. */
	bindingOf(id: DeviceId): DeviceBinding | undefined
}
