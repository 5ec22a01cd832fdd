import { z } from 'zod'
import { callPartySchema } from '../push-payload.ts'
import { idSchema, instantSchema, pageOf, pageQuerySchema } from './scalars.ts'

export const callOutcomeSchema = z.enum([
	'answered',
	'answered-elsewhere',
	'missed',
	'cancelled',
	'declined',
	'busy',
	'failed',
])

/** `outgoing`: a device of the account called through the service. */
export const callDirectionSchema = z.enum(['incoming', 'outgoing'])

export const callQuerySchema = pageQuerySchema.extend({
	accountId: idSchema.optional(),
	outcome: callOutcomeSchema.optional(),
	direction: callDirectionSchema.optional(),
	from: z.string().min(1).max(2048).optional().meta({ description: 'URI of the caller, exactly as calls show it.' }),
	sipCallId: z.string().min(1).max(2048).optional(),
	startedFrom: instantSchema.optional().meta({ description: 'Calls that began at this instant or later.' }),
	startedBefore: instantSchema.optional().meta({ description: 'Calls that began before this instant.' }),
})

export const callSchema = z
	.object({
		id: idSchema,
		accountId: idSchema,
		direction: callDirectionSchema,
		/** Call-ID of the upstream dialog; also the push id. */
		sipCallId: z.string(),
		from: callPartySchema,
		to: z.string(),
		startedAt: instantSchema,
		answeredAt: instantSchema.optional(),
		endedAt: instantSchema.optional(),
		/** Absent while the call lasts. */
		outcome: callOutcomeSchema.optional(),
		/** SIP status that the caller got as the final answer. */
		finalStatus: z.int().optional(),
		/** The device that answered an incoming call. */
		answeredBy: idSchema.optional(),
		/** The device that made an outgoing call. */
		placedBy: idSchema.optional(),
	})
	.meta({ id: 'Call' })

export const callPageSchema = pageOf(callSchema)

/** One line of the timeline. */
export const callEventSchema = z
	.object({
		/** `invite.received`, `push.sent`, `device.attached`, ... */
		kind: z.string(),
		at: instantSchema,
		/** Milliseconds since the call began, with fractions. */
		offsetMs: z.number(),
		deviceId: idSchema.optional(),
		detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
	})
	.meta({ id: 'CallEvent' })

export const callWithTimelineSchema = callSchema
	.extend({ timeline: z.array(callEventSchema) })
	.meta({ id: 'CallWithTimeline' })

/** The owner of the call was told; the caller's answer follows over SIP. */
export const declineCallResponseSchema = z.object({ callId: idSchema })

export type CallView = z.infer<typeof callSchema>
export type CallEventView = z.infer<typeof callEventSchema>
export type CallWithTimeline = z.infer<typeof callWithTimelineSchema>
export type DeclineCallResponse = z.infer<typeof declineCallResponseSchema>
