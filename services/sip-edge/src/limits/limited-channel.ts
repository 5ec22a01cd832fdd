import type { Clock } from '@vigil/runtime'
import type { Flow, MessageChannel } from '@vigil/sip-transport'
import type { RequestRate } from './request-rate.ts'
import { sourceOf } from './source-of.ts'

/**
 * The channel without the requests of sources that send too many: these are dropped before a transaction is made for them.
 * Responses pass, as there are no more than we asked for.
 */
export function limitedChannel(
	channel: MessageChannel,
	rate: RequestRate,
	clock: Clock,
	onDropped: (flow: Flow) => void,
): MessageChannel {
	return {
		onMessage: (receive) =>
			channel.onMessage((message, flow) => {
				if (message.kind === 'response' || rate.admit(sourceOf(flow.remote.host), clock.now())) receive(message, flow)
				else onDropped(flow)
			}),
		send: (message, flow, onFailure) => channel.send(message, flow, onFailure),
		reply: (response, flow, onFailure) => channel.reply(response, flow, onFailure),
	}
}
