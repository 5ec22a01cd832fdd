import { Socket as DatagramSocket } from 'node:dgram'
import { Socket as StreamSocket } from 'node:net'
import { vi } from 'vitest'

/** Everything that this process writes in clear text to sockets of any kind, from now until `close`. */
export class WireTap {
	readonly #datagrams = vi.spyOn(DatagramSocket.prototype, 'send')
	readonly #streams = vi.spyOn(StreamSocket.prototype, 'write')

	/** What was written, one character an octet; a stream's pieces as they were written. */
	get written(): string[] {
		return [...this.#datagrams.mock.calls, ...this.#streams.mock.calls].map(([data]) => textOf(data))
	}

	/** SIP messages among it that hold the text, in any letter case. */
	sipWith(text: string): string[] {
		const sought = text.toLowerCase()
		return this.written.filter((piece) => piece.includes('SIP/2.0') && piece.toLowerCase().includes(sought))
	}

	close(): void {
		this.#datagrams.mockRestore()
		this.#streams.mockRestore()
	}
}

function textOf(data: unknown): string {
	if (typeof data === 'string') return data
	if (Array.isArray(data)) return data.map(textOf).join('')
	return data instanceof Uint8Array ? Buffer.from(data).toString('latin1') : ''
}
