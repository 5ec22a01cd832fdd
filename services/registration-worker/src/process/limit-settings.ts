import {
	DEFAULT_ACCOUNT_LIMITS as ACCOUNT,
	DEFAULT_DEVICE_PUSHES_PER_SECOND as DEVICE_PUSHES,
	DEFAULT_PROCESS_LIMITS as PROCESS,
	DEFAULT_TENANT_LIMITS as TENANT,
} from '@vigil/domain'
import { integerSetting } from '@vigil/runtime'
import type { z } from 'zod'
import { DEFAULT_WORKER_LIMITS, type WorkerLimits } from '../admission/worker-limits.ts'

const MOST = 1_000_000
const { deviceOutgoingCalls, strangerMessagesPerSecond } = DEFAULT_WORKER_LIMITS

function limit(least: number, normal: number, description: string) {
	return integerSetting(least, MOST).default(normal).meta({ description })
}

/** The settings of every process that runs a worker: budgets of calls and pushes. */
export const limitSettings = {
	maxHeldCalls: limit(1, PROCESS.heldCalls, 'Calls that the process holds at a time for phones to wake; beyond it 503'),
	callsPerSecond: limit(
		1,
		PROCESS.callsPerSecond,
		'Calls a second that the process takes on, three times as many at once',
	),
	pushesPerSecond: limit(1, PROCESS.pushesPerSecond, 'Pushes a second of the process, twice as many at once'),
	tenantHeldCalls: limit(1, TENANT.heldCalls, 'Calls that wait at a time for the phones of one tenant; beyond it 503'),
	tenantCallsPerSecond: limit(1, TENANT.callsPerSecond, 'Calls a second of one tenant, three times as many at once'),
	tenantPushesPerSecond: limit(1, TENANT.pushesPerSecond, 'Pushes a second of one tenant, twice as many at once'),
	tenantOutgoingCalls: limit(1, TENANT.outgoingCalls, 'Calls that the devices of one tenant make at a time'),
	devicePushesPerSecond: limit(1, DEVICE_PUSHES, 'Pushes a second to one device, twice as many at once'),
	accountHeldCalls: limit(
		1,
		ACCOUNT.heldCalls,
		'Calls that wait at a time for the phones of one account; beyond it 486',
	),
	accountCallsPerSecond: limit(1, ACCOUNT.callsPerSecond, 'Calls a second to one account, three times as many at once'),
	accountPushesPerSecond: limit(1, ACCOUNT.pushesPerSecond, 'Pushes a second of one account, twice as many at once'),
	accountOutgoingCalls: limit(1, ACCOUNT.outgoingCalls, 'Calls that the devices of one account make at a time'),
	deviceOutgoingCalls: limit(1, deviceOutgoingCalls, 'Calls that one device makes at a time'),
	strangerMessagesPerSecond: limit(
		1,
		strangerMessagesPerSecond,
		'SIP messages a second from one address that is none of a customer’s SIP server, four times as many at once',
	),
	shedLagMs: integerSetting(10, 60_000)
		.default(500)
		.meta({ description: 'Lag of the event loop over a second at which nothing new is taken on, milliseconds' }),
	memoryLimitMb: integerSetting(64, 1_048_576)
		.optional()
		.meta({ description: 'Resident memory of the process at which nothing new is taken on, MiB' }),
}

type LimitSettings = z.output<z.ZodObject<Omit<typeof limitSettings, 'shedLagMs' | 'memoryLimitMb'>>>

/** The budgets that the settings ask for. */
export function workerLimits(settings: LimitSettings): WorkerLimits {
	return {
		account: {
			heldCalls: settings.accountHeldCalls,
			callsPerSecond: settings.accountCallsPerSecond,
			pushesPerSecond: settings.accountPushesPerSecond,
			outgoingCalls: settings.accountOutgoingCalls,
		},
		tenant: {
			heldCalls: settings.tenantHeldCalls,
			callsPerSecond: settings.tenantCallsPerSecond,
			pushesPerSecond: settings.tenantPushesPerSecond,
			outgoingCalls: settings.tenantOutgoingCalls,
		},
		process: {
			heldCalls: settings.maxHeldCalls,
			callsPerSecond: settings.callsPerSecond,
			pushesPerSecond: settings.pushesPerSecond,
		},
		deviceOutgoingCalls: settings.deviceOutgoingCalls,
		strangerMessagesPerSecond: settings.strangerMessagesPerSecond,
	}
}
