import type { HealthResult } from '@vigil/runtime'
import type { CountersByTransport } from '@vigil/sip-transport'
import type { EdgeParts, Sockets } from './assemble.ts'
import type { CompleteConfig } from './config.ts'
import type { EdgeCounters } from './counters.ts'
import type { SipEdgeDeps } from './ports.ts'
import type { EdgeAddress } from './sockets/public-sockets.ts'

/** A running edge. */
export interface SipEdge {
	readonly addresses: { readonly public: readonly EdgeAddress[]; readonly internal: readonly EdgeAddress[] }
	readonly counters: Readonly<EdgeCounters>
	/** What passed the sockets of the devices' side. */
	readonly transportCounters: Readonly<CountersByTransport>
	/** Devices attached now. */
	readonly attachedDevices: number
	health(): HealthResult
	/** Takes no new devices (503) and resolves when no transaction is under way, or the time for that is over. Flows stay. */
	drain(): Promise<void>
	/** Lets go of all devices, tells the workers, and closes every socket. Calling it again waits for the same end. */
	close(): Promise<void>
}

export interface RunningEdgeOptions {
	readonly deps: SipEdgeDeps
	readonly config: CompleteConfig
	readonly parts: EdgeParts
	readonly sockets: Sockets
	readonly counters: EdgeCounters
	readonly unsubscribe: () => Promise<void>
}

type State = 'running' | 'draining' | 'closed'

/** Gives a started edge its face, and stops it. */
export function runningEdge(options: RunningEdgeOptions): SipEdge {
	const { parts, sockets, counters } = options
	let state: State = 'running'
	let closing: Promise<void> | undefined
	return {
		get addresses() {
			return { public: sockets.publicSockets.addresses, internal: sockets.internal.addresses }
		},
		counters,
		transportCounters: sockets.publicManager.counters,
		get attachedDevices() {
			return parts.registrations.size
		},
		health: () => ({ ok: state === 'running', detail: `${state}, ${parts.registrations.size} devices attached` }),
		async drain() {
			if (state === 'running') state = 'draining'
			parts.registerHandler.drain()
			await untilIdle(options)
		},
		close() {
			state = 'closed'
			closing ??= close(options)
			return closing
		},
	}
}

async function untilIdle({ deps: { clock, logger }, config, parts: { activity } }: RunningEdgeOptions): Promise<void> {
	const { promise: late, resolve } = Promise.withResolvers<void>()
	const timer = clock.setTimer(config.drainMs, () => {
		logger.warn({ transactions: activity.count }, 'the edge stops with transactions under way')
		resolve()
	})
	await Promise.race([activity.idle(), late])
	clock.clearTimer(timer)
}

async function close({ deps, parts, sockets, unsubscribe }: RunningEdgeOptions): Promise<void> {
	const { registerHandler, registrations, writer, news, devices, publicEndpoint, internalEndpoint } = parts
	registerHandler.drain()
	await unsubscribe()
	// One statement instead of one for each device, after the last write that was under way.
	await writer.close()
	registrations.detachAll()
	await Promise.all([news.settled(), forgetBindings(deps, parts)])
	devices.close()
	await Promise.all([publicEndpoint.close(), internalEndpoint.close()])
	await Promise.all([sockets.publicManager.close(), sockets.internalManager.close()])
}

async function forgetBindings({ bindings, logger }: SipEdgeDeps, { uri }: EdgeParts): Promise<void> {
	try {
		await bindings.removeByEdge(uri)
	} catch (error) {
		logger.warn({ err: error }, 'the bindings of the edge stay in the store until it starts again')
	}
}
