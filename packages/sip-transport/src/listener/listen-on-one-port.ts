import type { Listener } from '../listen-options.ts'
import { TransportError } from '../transport-error.ts'
import type { TransportManager } from '../transport-manager.ts'

const MOST_CHOICES = 50

/**
 * Listens for UDP and TCP on one port number, as SIP servers expect (RFC 3261 18.2.1); the UDP listener is returned. With
 * port 0 the system chooses for UDP, and chooses again when that number is taken for TCP. Throws TransportError.
 */
export async function listenOnOnePort(
	manager: Pick<TransportManager, 'listen'>,
	{ host, port }: { readonly host: string; readonly port: number },
): Promise<Listener> {
	for (let left = port === 0 ? MOST_CHOICES : 1; ; left--) {
		const udp = await manager.listen({ transport: 'udp', host, port })
		try {
			await manager.listen({ transport: 'tcp', host, port: udp.port })
			return udp
		} catch (error) {
			await udp.close()
			if (left <= 1 || !(error instanceof TransportError) || error.code !== 'address-in-use') throw error
		}
	}
}
