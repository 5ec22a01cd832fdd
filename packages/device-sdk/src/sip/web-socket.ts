/** The part of a WebSocket that the SDK uses; those of browsers, of Node and of the `ws` package all have it. */
export interface WebSocketLike {
	binaryType: string
	onopen: ((event: never) => void) | null
	onclose: ((event: never) => void) | null
	onerror: ((event: never) => void) | null
	onmessage: ((event: never) => void) | null
	send(data: string): void
	close(code?: number): void
}

/** Opens a WebSocket with the given subprotocol. */
export type WebSocketFactory = (url: string, protocol: string) => WebSocketLike

/** The platform's own WebSocket. */
export const platformWebSocket: WebSocketFactory = (url, protocol) => {
	const Constructor = (globalThis as { WebSocket?: new (url: string, protocol: string) => WebSocketLike }).WebSocket
	if (!Constructor) throw new TypeError('this platform has no WebSocket: pass the option `webSocket`')
	return new Constructor(url, protocol)
}
