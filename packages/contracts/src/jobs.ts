import { z } from 'zod'
import { callEndReasonSchema, callPartySchema } from './push-payload.ts'

const id = z.string().min(1)
/** Epoch milliseconds, fractional where the clock is. */
const instantMs = z.number().nonnegative()

const pushFields = {
	/** Names this wake of this device in logs, evidence and provider requests; the same when the job runs again. */
	pushId: id,
	tenantId: id,
	deviceId: id,
	enqueuedAtMs: instantMs,
	/** After this instant the push is worthless and the job ends without sending. */
	deadlineMs: instantMs,
}

const callFields = {
	accountId: id,
	callId: id,
	/** Call-ID of the upstream INVITE. */
	sipCallId: id,
	from: callPartySchema,
	to: z.string(),
}

/** Wake one device for one purpose. */
export const pushJobSchema = z.discriminatedUnion('intent', [
	z.object({ intent: z.literal('call'), ...pushFields, ...callFields }),
	z.object({
		intent: z.literal('call-cancelled'),
		...pushFields,
		...callFields,
		reason: callEndReasonSchema.optional(),
	}),
	z.object({ intent: z.literal('test'), ...pushFields }),
	/** The account's credential will be deleted unless the app is heard of. */
	z.object({ intent: z.literal('refresh'), ...pushFields, accountId: id }),
])

export type PushJob = z.infer<typeof pushJobSchema>

/** How long finished jobs are kept, which name callers: never for longer than any tenant keeps its calls (a day at least). */
export interface KeptJobs {
	/** Seconds. */
	readonly age: number
	readonly count: number
}

/** What a queue promises about the jobs of one name. */
export interface JobDefinition<Schema extends z.ZodType = z.ZodType> {
	readonly schema: Schema
	/** How often a job is run in all when its handler fails or its consumer dies. */
	readonly attempts: number
	/** Pause before the second run in milliseconds; it doubles with each further one. */
	readonly backoffMs: number
	/** Finished jobs that are kept; one with the identity of a kept job is not taken twice. */
	readonly removeOnComplete: KeptJobs
	/** Failed jobs that are kept for inspection. */
	readonly removeOnFail: KeptJobs
	/** How long a consumer may be out of touch before its job is given to another, milliseconds. */
	readonly lockMs: number
}

/** Every queue of the service: its name, what its jobs carry and how they are treated. */
export const jobCatalog = {
	push: {
		schema: pushJobSchema,
		attempts: 3,
		backoffMs: 250,
		// A call is asked to be pushed for again within seconds if ever; somebody looks at a failure within the hour.
		removeOnComplete: { age: 600, count: 1000 },
		removeOnFail: { age: 3600, count: 1000 },
		lockMs: 10_000,
	},
} as const satisfies Record<string, JobDefinition>

export type JobName = keyof typeof jobCatalog
export type JobPayload<Name extends JobName> = z.infer<(typeof jobCatalog)[Name]['schema']>
