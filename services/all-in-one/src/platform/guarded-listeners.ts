import type { Egress, EndpointAddress, GuardedNames } from '@vigil/runtime'

/** Keeps sockets of the service out of reach of its own connections, as they are bound and as they are reached from outside. */
export async function guardListeners(
	egress: Egress,
	names: GuardedNames | undefined,
	advertisedHost: string,
	listeners: readonly EndpointAddress[],
): Promise<void> {
	for (const listener of listeners) {
		egress.ownListener(listener)
		await names?.advertised({ host: advertisedHost, port: listener.port })
	}
}
