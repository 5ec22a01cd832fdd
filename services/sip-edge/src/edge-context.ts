import { canonicalHost } from '@vigil/sip'
import type { TransportManager } from '@vigil/sip-transport'
import type { Activity } from './activity.ts'
import type { CompleteConfig } from './config.ts'
import type { EdgeCounters } from './counters.ts'
import type { SipEdgeDeps } from './ports.ts'
import type { InternalSockets } from './sockets/internal-sockets.ts'
import type { PublicSockets } from './sockets/public-sockets.ts'

/** Whether a host in a URI means this edge. */
export function isOwnHost({ config, publicSockets }: EdgeContext, host: string): boolean {
	return [config.domain, ...publicSockets.hosts].some((own) => canonicalHost(own) === canonicalHost(host))
}

/** What all parts of one edge share. */
export interface EdgeContext {
	readonly deps: SipEdgeDeps
	readonly config: CompleteConfig
	readonly counters: EdgeCounters
	readonly activity: Activity
	/** Signs the flow tokens. */
	readonly tokenKey: Uint8Array
	readonly internalManager: TransportManager
	readonly internal: InternalSockets
	readonly publicManager: TransportManager
	readonly publicSockets: PublicSockets
}
