/**
 * Where a service may meet an adapter. The file that puts the service together (`service.ts`) and the one that starts a process
 * (`main.ts`) make adapters and hand them to the rest, which knows them by the ports of `domain`; so each can be another one in a
 * test or a simulation.
 */
export const COMPOSITION = /\/(service|main)\.ts$/

/** Adapters that stand behind ports: no other file of a service sees as much as their types. */
export const BEHIND_PORTS: readonly string[] = ['postgres', 'queue', 'push-providers']

/**
 * The transport has no port: SIP services speak in its types. Beside those, every file may use what neither opens nor sends
 * anything.
 */
export const TRANSPORT_WORDS: readonly string[] = ['formatAddress', 'TransportError']

/** Files that still make adapters of their own. None is added here: what needs an adapter gets it from `service.ts`. */
export const STILL_COMPOSED_ELSEWHERE: readonly string[] = [
	'services/all-in-one/src/platform/database-step.ts',
	'services/all-in-one/src/platform/platform.ts',
	'services/registration-worker/src/edge/edge-side.ts',
	'services/registration-worker/src/probe/probe-sockets.ts',
	'services/registration-worker/src/probe/run-probe.ts',
	'services/registration-worker/src/process/worker-process.ts',
	'services/registration-worker/src/upstream/upstream-side.ts',
	'services/sip-edge/src/assemble-proxy.ts',
]
