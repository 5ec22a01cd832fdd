import { DEFAULT_LIMITS, DEFAULT_REQUEST_RATES } from '@vigil/control-api'
import { DEFAULT_TENANT_LIMITS, type TenantLimits } from '@vigil/domain'
import { workerLimits } from '@vigil/registration-worker'
import { integerSetting } from '@vigil/runtime'
import type { z } from 'zod'

/** What tenants may ask of the control API, and strangers. */
export const apiLimitSettings = {
	tenantRequestsPerSecond: integerSetting(1, 1_000_000).default(DEFAULT_REQUEST_RATES.tenantRequestsPerSecond).meta({
		description:
			'Requests a second with the API keys of one tenant, four times as many at once; its devices together may make five times as many',
	}),
	deviceRequestsPerSecond: integerSetting(1, 1_000_000)
		.default(DEFAULT_REQUEST_RATES.deviceRequestsPerSecond)
		.meta({ description: 'Requests a second of one device to the control API, five times as many at once' }),
	accountDevices: integerSetting(1, 1_000_000)
		.default(DEFAULT_TENANT_LIMITS.devicesPerAccount)
		.meta({ description: 'Devices of one account; an enrolment beyond it is refused' }),
	apiUnauthenticatedPerMinute: integerSetting(1, 1_000_000).default(DEFAULT_LIMITS.unauthenticatedPerMinute).meta({
		description:
			'Enrolments a minute that are tried from one address, and as many wrong bearer tokens; a right one always passes',
	}),
}

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

/** Bounds of the control API, in its words. */
export function apiLimits(settings: z.output<z.ZodObject<typeof apiLimitSettings>>) {
	return { unauthenticatedPerMinute: settings.apiUnauthenticatedPerMinute }
}

/** What holds for a tenant that nobody has set anything for. */
export function tenantLimits(
	settings: Parameters<typeof workerLimits>[0] & { readonly accountDevices: number },
): TenantLimits {
	return { ...workerLimits(settings).tenant, devicesPerAccount: settings.accountDevices }
}
