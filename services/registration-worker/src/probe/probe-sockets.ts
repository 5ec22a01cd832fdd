import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { TestName } from '@vigil/domain'
import {
	type Flow,
	formatAddress,
	type Listener,
	listenOnOnePort,
	type ResolvedTarget,
	type TransportManager,
} from '@vigil/sip-transport'
import { isConnectionBound } from '../upstream/upstream-side.ts'

/** Where a probe leaves from and what it says of that. */
export interface ProbeAddresses {
	/** Address to listen on; the one by which the system reaches the server when absent. */
	readonly host?: string
	/** Address for the Contact; `host` when absent. */
	readonly advertisedHost?: string
	/** PEM certificates trusted for TLS, beside the system's. */
	readonly ca?: string
	/** Path of the URL over WebSocket; `/` when absent. */
	readonly path?: string
}

/** A path to the server for each test contact, from a port of its own as from two devices. */
export interface ProbePath {
	readonly flow: Flow
	/** `host:port` for the plain Contact. */
	readonly hostPort: string
}

/** Opens both paths. Rejects with TransportError. */
export async function openProbePaths(
	manager: TransportManager,
	server: ResolvedTarget,
	addresses: ProbeAddresses,
): Promise<Readonly<Record<TestName, ProbePath>>> {
	const own = addresses.host ?? (await addressTowards(server))
	const open = async (): Promise<ProbePath> => {
		const listener = await listenOnOnePort(manager, { host: own, port: 0 })
		const flow = await connect(manager, server, listener, addresses)
		const host = addresses.advertisedHost ?? own
		const hostPort = isConnectionBound(flow)
			? formatAddress(flow.local)
			: formatAddress({ host, port: flow.transport === 'udp' ? flow.local.port : listener.port })
		return { flow, hostPort }
	}
	const first = await open()
	return { first, second: await open() }
}

function connect(manager: TransportManager, server: ResolvedTarget, via: Listener, { ca, path }: ProbeAddresses) {
	const { transport, host, port, domain } = server
	if (transport === 'udp') return manager.connect({ transport, host, port, via })
	const secure = transport === 'tls' || transport === 'wss'
	const tls = secure ? { tls: { servername: domain, ...(ca === undefined ? {} : { ca }) } } : {}
	return manager.connect({ transport, host, port, reuse: false, ...(path && { path }), ...tls })
}

/** The address of this machine by which the system reaches the server; nothing is sent. */
async function addressTowards({ host, port }: ResolvedTarget): Promise<string> {
	const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
	try {
		return await new Promise<string>((resolve, reject) => {
			socket.once('error', reject)
			socket.connect(port, host, () => resolve(socket.address().address))
		})
	} finally {
		socket.close()
	}
}
