import { integerSetting } from '@vigil/runtime'
import type { z } from 'zod'

/** What one address may do at the edge; an address may be a whole office, or a carrier's NAT. */
export const edgeLimitSettings = {
	edgeConnectionsPerSource: integerSetting(1, 1_000_000)
		.default(256)
		.meta({ description: 'Connections at a time from one address to the edge' }),
	edgeMessagesPerSecond: integerSetting(1, 1_000_000).default(200).meta({
		description:
			'SIP messages a second from one address to the edge, four times as many at once; a device that is attached counts by itself',
	}),
	edgePasswordTries: integerSetting(1, 1_000_000).default(5).meta({
		description:
			'Wrong passwords a minute for one device from one address before 403, ten times as many for all devices; a right one always passes',
	}),
}

type EdgeLimitSettings = z.output<z.ZodObject<typeof edgeLimitSettings>>

/** The same in the words of the edge. */
export function edgeLimits(settings: EdgeLimitSettings) {
	return {
		maxConnectionsPerSource: settings.edgeConnectionsPerSource,
		messagesPerSecondPerSource: settings.edgeMessagesPerSecond,
		passwordTries: settings.edgePasswordTries,
	}
}
