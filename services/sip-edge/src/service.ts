import type { DeviceId } from '@vigil/domain'
import { networkMatcher } from '@vigil/runtime'
import { type Flow, TransportManager, type TransportManagerOptions } from '@vigil/sip-transport'
import { Activity } from './activity.ts'
import { assembleProxy, type ProxyParts } from './assemble-proxy.ts'
import { assembleRegistrar, type RegistrarParts } from './assemble-registrar.ts'
import { forgetChangedDevice } from './attach/register-handler.ts'
import { type CompleteConfig, completeConfig, type SipEdgeConfig } from './config.ts'
import { createCounters } from './counters.ts'
import type { EdgeContext } from './edge-context.ts'
import type { SipEdgeDeps } from './ports.ts'
import { flowTokenKey } from './routing/flow-token.ts'
import { runningEdge, type SipEdge } from './running-edge.ts'
import { InternalSockets } from './sockets/internal-sockets.ts'
import { PublicSockets } from './sockets/public-sockets.ts'

/** Workers are few and talk all day; one host may run many of them. */
const INTERNAL_LIMITS = { maxConnectionsPerSource: 10_000 }
/** A device that refreshes just in time is not silent for longer than its registration lasts. */
const IDLE_GRACE_MS = 60_000
const BURST_SECONDS = 4

/**
 * Starts an edge: opens the internal sockets, removes the bindings that an earlier run left, then opens the doors to devices.
 *
 * @throws EdgeConfigError for settings that cannot work, TransportError when a socket cannot be opened, and what the
 * store and the signals throw. Nothing stays open then.
 */
export async function startSipEdge(deps: SipEdgeDeps, config: SipEdgeConfig): Promise<SipEdge> {
	const complete = completeConfig(config, deps.secretKey)
	const base: TransportManagerOptions = { ...deps.transport, clock: deps.clock, logger: deps.logger }
	const internalManager = new TransportManager({ ...base, limits: INTERNAL_LIMITS })
	let registrar: RegistrarParts | undefined
	const isAttached = (flow: Pick<Flow, 'id'>) => registrar?.registrations.isUsed(flow) ?? false
	// A device whose connection is gone comes back by another; nobody has us open one to a port of its choice.
	const guarded = { egress: deps.egress, reopensForResponses: false }
	const publicManager = new TransportManager({
		...base,
		...guarded,
		...publicBounds(complete, isAttached),
		isKnown: isAttached,
	})
	try {
		const context: EdgeContext = {
			deps,
			config: complete,
			counters: createCounters(),
			activity: new Activity(),
			tokenKey: flowTokenKey(deps.secretKey),
			internalManager,
			internal: await InternalSockets.open(internalManager, complete.internalListener),
			publicManager,
			publicSockets: new PublicSockets(),
		}
		registrar = assembleRegistrar(context)
		return await start(context, registrar)
	} catch (error) {
		await Promise.all([internalManager.close(), publicManager.close()])
		throw error
	}
}

async function start(context: EdgeContext, registrar: RegistrarParts): Promise<SipEdge> {
	const { deps, config, internal, publicManager, publicSockets } = context
	const proxy = assembleProxy(context, registrar)
	publicManager.onFlowClosed((flow) => registrar.registrations.flowClosed(flow))
	await deps.bindings.removeByEdge(internal.uri)
	await publicSockets.open(publicManager, config.publicListeners)
	registrar.liveness.start()
	return runningEdge({ context, registrar, proxy, unsubscribe: await hearOfChanges(deps, registrar, proxy) })
}

/** Devices that are attached are counted each for itself: a bad neighbour behind the same address does not silence them. */
function publicBounds(config: CompleteConfig, isAttached: (flow: Pick<Flow, 'id'>) => boolean) {
	const { maxConnectionsPerSource, maxExpiresSeconds, messagesPerSecondPerSource: perSecond, trustedProxies } = config
	return {
		...(trustedProxies.length > 0 && { isTrustedProxy: networkMatcher(trustedProxies) }),
		limits: { maxConnectionsPerSource, idleTimeoutMs: maxExpiresSeconds * 1000 + IDLE_GRACE_MS },
		messageRate: { perSecond, burst: perSecond * BURST_SECONDS, countsAlone: isAttached },
	}
}

function hearOfChanges(
	{ devices, signals, logger }: SipEdgeDeps,
	{ credentials, registrations }: RegistrarParts,
	proxy: ProxyParts,
) {
	const load = (id: DeviceId) => devices.load(id)
	const onRemoved = (id: DeviceId) => proxy.devices.removed(id)
	return signals.subscribe('device.changed', async ({ deviceId }) => {
		try {
			await forgetChangedDevice(deviceId as DeviceId, credentials, registrations, load, onRemoved)
		} catch (error) {
			// Should it be gone, its next REGISTER is refused.
			logger.warn({ err: error, deviceId }, 'a changed device could not be looked up')
		}
	})
}
