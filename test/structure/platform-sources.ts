/** Something of the platform that makes one run differ from another, and the files that may take it from there. */
export interface PlatformSource {
	readonly what: string
	readonly pattern: RegExp
	readonly instead: string
	/** Files, and folders with a slash at the end. */
	readonly files: readonly string[]
}

/** Adapters of a real database, queue or provider, servers of tests, apps: no simulation runs these. */
const NOT_SIMULATED = [
	'packages/device-sdk/src/',
	'packages/postgres/src/',
	'packages/queue/src/',
	'packages/testkit/src/',
] as const

/** Every other file of packages and services gets these handed in, so that a simulation can hand in its own. */
export const PLATFORM_SOURCES: readonly PlatformSource[] = [
	{
		what: 'chance',
		pattern: /\bMath\s*\.\s*random\b|\}\s*=\s*Math\b|\b(?:randomBytes|randomUUID|randomInt|getRandomValues)\b/,
		instead: 'take `random` from options, or a `RandomSource`',
		files: [
			...NOT_SIMULATED,
			'packages/push-providers/src/fcm/fcm-sender.ts',
			'packages/runtime/src/random-source.ts',
			// Defaults of the transport.
			'packages/sip-transport/src/persistent-flow.ts',
			'packages/sip-transport/src/resolve-target.ts',
			'packages/sip-transport/src/transport-manager.ts',
			'services/all-in-one/src/demo-world/push-provider.ts',
			'services/all-in-one/src/platform/random-text.ts',
			'services/all-in-one/src/state/generated-keys.ts',
			'services/registration-worker/src/probe/main.ts',
			'services/registration-worker/src/process/worker-process.ts',
		],
	},
	{
		what: 'time',
		pattern: /\bDate\s*\.\s*now\b|\bnew Date\(\)|\bperformance\s*\.\s*now\b|\bhrtime\b/,
		instead: 'ask the `Clock` that is handed in',
		files: [...NOT_SIMULATED, 'packages/runtime/src/clock.ts'],
	},
	{
		what: 'a timer',
		pattern: /\bset(?:Timeout|Interval|Immediate)\b|\btimers\/promises\b/,
		instead: 'use `setTimer` of the `Clock` that is handed in',
		files: [
			...NOT_SIMULATED,
			'packages/runtime/src/clock.ts',
			// A handover between two kinds of real sockets.
			'packages/sip-transport/src/listener/proxied-peers.ts',
		],
	},
	{
		what: 'a UDP socket',
		pattern: /\bcreateSocket\b/,
		instead: 'open it by the `Network` that is handed in',
		files: [
			'packages/sip-transport/src/network/system-network.ts',
			'packages/testkit/src/',
			// Asks the system for the address by which a server is reached; sends nothing.
			'services/registration-worker/src/probe/probe-sockets.ts',
		],
	},
]
