import type { DeviceId } from '@vigil/domain'
import { TransportManager, type TransportManagerOptions } from '@vigil/sip-transport'
import { assemble, type EdgeParts } from './assemble.ts'
import { forgetChangedDevice } from './attach/register-handler.ts'
import { type CompleteConfig, completeConfig, type SipEdgeConfig } from './config.ts'
import { createCounters } from './counters.ts'
import type { SipEdgeDeps } from './ports.ts'
import { runningEdge, type SipEdge } from './running-edge.ts'
import { InternalSockets } from './sockets/internal-sockets.ts'
import { PublicSockets } from './sockets/public-sockets.ts'

/** Workers are few and talk all day; one host may run many of them. */
const INTERNAL_LIMITS = { maxConnectionsPerSource: 10_000 }
/** A device that refreshes just in time is not silent for longer than its registration lasts. */
const IDLE_GRACE_MS = 60_000

/**
 * Starts an edge: opens the internal sockets, removes the bindings that an earlier run left, then opens the doors to devices.
 *
 * @throws EdgeConfigError for settings that cannot work, TransportError when a socket cannot be opened, and what the
 * store and the signals throw. Nothing stays open then.
 */
export async function startSipEdge(deps: SipEdgeDeps, config: SipEdgeConfig): Promise<SipEdge> {
	const complete = completeConfig(config, deps.secretKey)
	const { clock, logger } = deps
	const base: TransportManagerOptions = { clock, logger }
	const internalManager = new TransportManager({ ...base, limits: INTERNAL_LIMITS })
	const publicManager = new TransportManager({ ...base, limits: publicLimits(complete) })
	try {
		const internal = await InternalSockets.open(internalManager, complete.internalListener)
		const sockets = { internalManager, internal, publicManager, publicSockets: new PublicSockets() }
		const counters = createCounters()
		const parts = assemble(deps, complete, sockets, counters)
		publicManager.onFlowClosed((flow) => parts.registrations.flowClosed(flow))
		await deps.bindings.removeByEdge(parts.uri)
		await sockets.publicSockets.open(publicManager, complete.publicListeners)
		const unsubscribe = await hearOfChanges(deps, parts)
		return runningEdge({ deps, config: complete, parts, sockets, counters, unsubscribe })
	} catch (error) {
		await Promise.all([internalManager.close(), publicManager.close()])
		throw error
	}
}

function publicLimits({ maxConnectionsPerSource, maxExpiresSeconds }: CompleteConfig) {
	return { maxConnectionsPerSource, idleTimeoutMs: maxExpiresSeconds * 1000 + IDLE_GRACE_MS }
}

function hearOfChanges({ devices, signals, logger }: SipEdgeDeps, { secrets, registrations }: EdgeParts) {
	return signals.subscribe('device.changed', async ({ deviceId }) => {
		try {
			await forgetChangedDevice(deviceId as DeviceId, secrets, registrations, (id) => devices.load(id))
		} catch (error) {
			// Should it be gone, its next REGISTER is refused.
			logger.warn({ err: error, deviceId }, 'a changed device could not be looked up')
		}
	})
}
