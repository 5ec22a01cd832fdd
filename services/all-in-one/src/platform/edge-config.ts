import type { EdgeAddress, PublicListenerConfig, SipEdgeConfig } from '@vigil/sip-edge'
import { edgeLimits } from '../door-settings.ts'
import type { Settings } from '../settings.ts'
import type { SettingFiles } from './setting-files.ts'

/** Digest realm and domain of the devices' own addresses; devices know the service by it, whatever its nodes are called. */
export const REALM = 'vigil'

/** The sockets of the edge as the settings ask for them. */
export function edgeConfig(settings: Settings, tls: SettingFiles['tls']): SipEdgeConfig {
	const { host } = settings
	const publicListeners: PublicListenerConfig[] = [
		{ transport: 'ws', host, port: settings.edgeWsPort },
		{ transport: 'tcp', host, port: settings.edgeSipPort },
		{ transport: 'udp', host, port: settings.edgeSipPort },
	]
	if (tls !== undefined) {
		if (settings.edgeTlsPort !== undefined)
			publicListeners.push({ transport: 'tls', host, port: settings.edgeTlsPort, tls })
		if (settings.edgeWssPort !== undefined)
			publicListeners.push({ transport: 'wss', host, port: settings.edgeWssPort, tls })
	}
	return {
		realm: REALM,
		domain: REALM,
		...edgeLimits(settings),
		trustedProxies: settings.trustedProxies,
		publicListeners,
		internalListener: { host: '127.0.0.1', port: 0, transports: ['tcp'] },
	}
}

/** The URLs by transport that devices are given. */
export function edgeUrls(addresses: readonly EdgeAddress[], advertisedHost: string): Readonly<Record<string, string>> {
	const host = advertisedHost.includes(':') ? `[${advertisedHost}]` : advertisedHost
	return Object.fromEntries(
		addresses.map(({ transport, port }) => [
			transport,
			transport === 'ws' || transport === 'wss'
				? `${transport}://${host}:${port}`
				: `sip:${host}:${port};transport=${transport}`,
		]),
	)
}
