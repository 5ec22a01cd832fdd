import { z } from 'zod'
import { probeReportSchema } from './api/probe.ts'
import { registrationStateSchema } from './api/registration.ts'

const id = z.string().min(1)
/** Epoch milliseconds, fractional where the clock is. */
const instantMs = z.number().nonnegative()

/**
 * Nudges between the parts of the fleet. A signal may be lost or come twice: it says that something changed and
 * saves a wait, it is never the only record of what changed.
 */
export const signalCatalog = {
	/** The account, its credential or what its devices state was changed. */
	'account.changed': z.object({ accountId: id }),
	'registration.changed': z.object({
		accountId: id,
		state: registrationStateSchema,
		reason: z.string().optional(),
		atMs: instantMs,
	}),
	/** The device can be reached at the edge: `contact` is its Request-URI, `route` the way to it. */
	'device.attached': z.object({ deviceId: id, bindingId: id, route: z.string(), contact: z.string(), atMs: instantMs }),
	'device.detached': z.object({ deviceId: id, bindingId: id }),
	/** The device's tokens, lines or activity were changed. */
	'device.changed': z.object({ deviceId: id }),
	/** The tenant's settings were changed. */
	'tenant.changed': z.object({ tenantId: id }),
	/** The push app's settings or secret were changed, or it is new, or gone. */
	'pushapp.changed': z.object({ pushAppId: id }),
	/** How a push to one device ended. */
	'push.outcome': z.object({
		callId: id,
		deviceId: id,
		pushId: id,
		outcome: z.enum(['accepted', 'dead-token', 'retry', 'misconfigured', 'rejected', 'expired']),
		reason: z.string().optional(),
	}),
	/** The user refused the call without attaching, on one device or on all. */
	'call.declined': z.object({ callId: id, deviceId: id.optional() }),
	/** The owner of the account is to probe its SIP server; who asked listens for `probe.done`, and asks again when it is lost. */
	'probe.asked': z.object({ accountId: id, probeId: id, force: z.boolean() }),
	/** `error` where there is no report: the server could not be reached at all. */
	'probe.done': z.object({ probeId: id, report: probeReportSchema.optional(), error: z.string().optional() }),
} as const satisfies Record<string, z.ZodType>

export type SignalTopic = keyof typeof signalCatalog
export type SignalPayload<Topic extends SignalTopic> = z.infer<(typeof signalCatalog)[Topic]>
