import { WebSocket } from 'ws'
import type { WebSocketFactory, WebSocketLike } from './sip/web-socket.ts'

export interface NodeWebSocketOptions {
	/** PEM certificates of the authorities to trust in place of the system's. */
	readonly ca?: string
}

/** A WebSocket for Node that can trust an authority of one's own. */
export function nodeWebSocket(options: NodeWebSocketOptions = {}): WebSocketFactory {
	return (url, protocol) => new WebSocket(url, protocol, { ...options }) as unknown as WebSocketLike
}
