export {
	EdgeConfigError,
	type InternalListenerConfig,
	type PublicListenerConfig,
	type SipEdgeConfig,
} from './config.ts'
export type { EdgeCounters } from './counters.ts'
export { addEdgeMetrics } from './edge-metrics.ts'
export type {
	EdgeBindings,
	EdgeContacts,
	EdgeDevices,
	EdgeForegroundLeases,
	EdgeSignals,
	SipEdgeDeps,
} from './ports.ts'
export type { SipEdge } from './running-edge.ts'
export { startSipEdge } from './service.ts'
export type { EdgeAddress } from './sockets/public-sockets.ts'
