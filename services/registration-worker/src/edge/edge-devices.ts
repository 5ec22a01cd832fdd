import type { CallEndpoint, DeviceSide } from '@vigil/call-control'
import type { DeviceBinding, DeviceId } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { Flow } from '@vigil/sip-transport'
import type { AccountDirectory } from '../accounts/account-directory.ts'
import type { EdgeSide } from './edge-side.ts'

export interface EdgeDevicesDeps {
	readonly endpoint: CallEndpoint
	readonly edge: Pick<EdgeSide, 'hostPort' | 'flowTo'>
	readonly directory: Pick<AccountDirectory, 'binding'>
	readonly clock: Clock
}

/** The devices of the worker's accounts, for calls. */
export class EdgeDevices implements DeviceSide {
	readonly endpoint: CallEndpoint
	readonly #deps: EdgeDevicesDeps

	constructor(deps: EdgeDevicesDeps) {
		this.endpoint = deps.endpoint
		this.#deps = deps
	}

	get hostPort(): string {
		return this.#deps.edge.hostPort
	}

	flowTo(routeUri: string): Promise<Flow> {
		return this.#deps.edge.flowTo(routeUri)
	}

	bindingOf(id: DeviceId): DeviceBinding | undefined {
		const { directory, clock } = this.#deps
		return directory.binding(id, clock.wall())
	}
}
