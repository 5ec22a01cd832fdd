import type { SipMessage } from '@vigil/sip'

/** The message with the product in User-Agent or Server (RFC 3261 20.41, 20.35), unless it says already what sent it. */
export function withProduct<Message extends SipMessage>(message: Message, product: string | undefined): Message {
	const { headers, kind } = message
	if (product === undefined || headers.has('User-Agent') || headers.has('Server')) return message
	const named = headers.clone().append(kind === 'request' ? 'User-Agent' : 'Server', product)
	return { ...message, headers: named }
}
