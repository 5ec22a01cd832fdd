import { randomUUID } from 'node:crypto'
import { type Clock, Egress, type Logger, silentLogger } from '@vigil/runtime'
import { type SipEdge, type SipEdgeConfig, startSipEdge } from '@vigil/sip-edge'
import { TEST_EGRESS } from './lone-worker.ts'
import type { MemoryPorts } from './memory-ports.ts'

const LOOPBACK = '127.0.0.1'
/** Domain of the devices' addresses-of-record at a lone edge. */
export const EDGE_DOMAIN = 'devices.example'

/** A whole edge on real sockets of the loopback (WS, TCP and UDP for devices), with everything around it in memory. */
export function startLoneEdge(
	ports: MemoryPorts,
	clock: Clock,
	logger: Logger = silentLogger,
	bounds: Pick<SipEdgeConfig, 'messagesPerSecondPerSource' | 'maxConnectionsPerSource' | 'passwordTries'> = {},
): Promise<SipEdge> {
	return startSipEdge(
		{
			devices: ports.devices,
			bindings: ports.bindings,
			foregroundLeases: { renewLeases: async () => 0 },
			contacts: { noteContact: async () => false },
			signals: ports.signals,
			egress: new Egress(TEST_EGRESS, logger),
			clock,
			logger,
			randomId: randomUUID,
			secretKey: Buffer.alloc(32, 7),
			callWorker: () => undefined,
		},
		{
			realm: 'vigil',
			domain: EDGE_DOMAIN,
			publicListeners: (['ws', 'tcp', 'udp'] as const).map((transport) => ({ transport, host: LOOPBACK, port: 0 })),
			internalListener: { host: LOOPBACK, port: 0, transports: ['tcp'] },
			...bounds,
		},
	)
}
