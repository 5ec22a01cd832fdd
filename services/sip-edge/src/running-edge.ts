import type { HealthResult } from '@vigil/runtime'
import type { CountersByTransport, ServerTls } from '@vigil/sip-transport'
import type { ProxyParts } from './assemble-proxy.ts'
import type { RegistrarParts } from './assemble-registrar.ts'
import type { EdgeCounters } from './counters.ts'
import type { EdgeContext } from './edge-context.ts'
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
	/** Uses another certificate for the TLS and WSS connections of devices that are accepted from now on. */
	setTls(tls: ServerTls): void
	/** Takes no new devices (503) and resolves when no transaction is under way, or the time for that is over. Flows stay. */
	drain(): Promise<void>
	/** Lets go of all devices, tells the workers, and closes every socket. Calling it again waits for the same end. */
	close(): Promise<void>
}

export interface RunningEdgeOptions {
	readonly context: EdgeContext
	readonly registrar: RegistrarParts
	readonly proxy: ProxyParts
	/** Ends the hearing of signals. */
	readonly unsubscribe: () => Promise<void>
}

type State = 'running' | 'draining' | 'closed'

/** Gives a started edge its face, and stops it. */
export function runningEdge(options: RunningEdgeOptions): SipEdge {
	const { context, registrar } = options
	let state: State = 'running'
	let closing: Promise<void> | undefined
	return {
		get addresses() {
			return { public: context.publicSockets.addresses, internal: context.internal.addresses }
		},
		counters: context.counters,
		transportCounters: context.publicManager.counters,
		get attachedDevices() {
			return registrar.registrations.size
		},
		health: () => ({ ok: state === 'running', detail: `${state}, ${registrar.registrations.size} devices attached` }),
		setTls: (tls) => context.publicSockets.setTls(tls),
		async drain() {
			if (state === 'running') state = 'draining'
			registrar.registerHandler.drain()
			await untilIdle(context)
		},
		close() {
			state = 'closed'
			closing ??= close(options)
			return closing
		},
	}
}

async function untilIdle({ deps: { clock, logger }, config, activity }: EdgeContext): Promise<void> {
	const { promise: late, resolve } = Promise.withResolvers<void>()
	const timer = clock.setTimer(config.drainMs, () => {
		logger.warn({ transactions: activity.count }, 'the edge stops with transactions under way')
		resolve()
	})
	await Promise.race([activity.idle(), late])
	clock.clearTimer(timer)
}

async function close({ context, registrar, proxy, unsubscribe }: RunningEdgeOptions): Promise<void> {
	const { registerHandler, registrations, writer, publisher, liveness } = registrar
	registerHandler.drain()
	await unsubscribe()
	// One statement instead of one for each device, after the last write that was under way.
	await Promise.all([writer.close(), liveness.close()])
	registrations.detachAll()
	await Promise.all([publisher.settled(), forgetBindings(context)])
	proxy.devices.close()
	await Promise.all([proxy.publicEndpoint.close(), proxy.internalEndpoint.close()])
	await Promise.all([context.publicManager.close(), context.internalManager.close()])
}

async function forgetBindings({ deps: { bindings, logger }, internal }: EdgeContext): Promise<void> {
	try {
		await bindings.removeByEdge(internal.uri)
	} catch (error) {
		logger.warn({ err: error }, 'the bindings of the edge stay in the store until it starts again')
	}
}
