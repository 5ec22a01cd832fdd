import { describe, expect, it } from 'vitest'
import type { Listener, ListenOptions } from '../listen-options.ts'
import { TransportError } from '../transport-error.ts'
import { listenOnOnePort } from './listen-on-one-port.ts'

/** A manager whose TCP ports are taken below `free`; the system chooses 5001, 5002, ... */
function manager(free: number) {
	let chosen = 5000
	const closed: number[] = []
	const listen = async ({ transport, port = 0 }: ListenOptions): Promise<Listener> => {
		if (transport === 'tcp' && port < free) throw new TransportError('address-in-use', 'taken')
		const own = port === 0 ? ++chosen : port
		const close = async () => void closed.push(own)
		return { transport, host: '127.0.0.1', port: own, setTls: () => {}, close }
	}
	return { listen, closed }
}

describe('listening on one port for UDP and TCP', () => {
	it('chooses again while the chosen port is taken for TCP, and keeps no socket of the tries', async () => {
		const sockets = manager(5003)
		expect((await listenOnOnePort(sockets, { host: '127.0.0.1', port: 0 })).port).toBe(5003)
		expect(sockets.closed).toEqual([5001, 5002])
	})

	it('does not look for another port when one is asked for', async () => {
		const sockets = manager(6000)
		await expect(listenOnOnePort(sockets, { host: '127.0.0.1', port: 5060 })).rejects.toThrow('taken')
		expect(sockets.closed).toEqual([5060])
	})
})
