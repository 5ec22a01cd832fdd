import { z } from 'zod'
import { callPartySchema } from '../push-payload.ts'
import { deviceActivitySchema } from './devices.ts'
import { holderSchema, registrationSchema } from './registration.ts'
import { idSchema, instantSchema } from './scalars.ts'

/** What the app does now; asks for the holder of all its lines to change accordingly. */
export const handoffRequestSchema = z
	.strictObject({
		state: deviceActivitySchema,
		/** The device is registered at the upstream server by itself. */
		registered: z.boolean().optional(),
		/** The device has removed its own binding at the upstream server. */
		unregistered: z.boolean().optional(),
		/**
		 * The app can put the contact that `replaceContact` of an answer names into its own REGISTER, to be removed. It is told
		 * to only when it says so.
		 */
		swapsContacts: z.boolean().optional(),
		/**
		 * Foreground only: how long the statement holds unless it is renewed, which is the same statement again and answered
		 * at once. After that the device counts as terminated. Left out: the tenant's `foregroundLeaseSeconds`.
		 */
		leaseSeconds: z.int().min(15).max(86_400).optional(),
		/**
		 * The app's own number of this statement, higher with each new one. A statement that arrives after one of a higher
		 * number changes nothing and is answered with the present state.
		 */
		sequence: z.int().min(0).optional(),
		/** How long to wait for the upstream server before answering 202. */
		waitSeconds: z.number().min(0).max(30).default(5),
	})
	.refine((request) => !(request.registered === true && request.unregistered === true), {
		path: ['unregistered'],
		error: 'registered and unregistered cannot both be true',
	})
	.refine((request) => request.leaseSeconds === undefined || request.state === 'foreground', {
		path: ['leaseSeconds'],
		error: 'only a foreground statement has a lease',
	})

/**
 * What the device does next on the line: `register` at the upstream server and say so by `registered`; `unregister` there and
 * say so by `unregistered`; `attach` at the edge, where its calls are; `wait`, and do not register yet: ask again, or listen
 * to the events; `none`.
 */
export const nextStepSchema = z.enum(['register', 'unregister', 'attach', 'wait', 'none'])

export const handoffLineSchema = z
	.object({
		accountId: idSchema,
		aor: z.string(),
		holder: holderSchema,
		registration: registrationSchema,
		next: nextStepSchema,
		/**
		 * With `register`: the Contact URI of the service, as it is bound. The app's REGISTER has its own Contact first, with its
		 * `expires`, this one after it with `expires=0`, both as they stand, and no Expires header: so the SIP server changes
		 * the one for the other in one step.
		 */
		replaceContact: z.string().optional(),
	})
	.meta({ id: 'HandoffLine' })

/** A call that the device has not been told of yet; the next answer does not repeat it. */
export const missedCallSchema = z
	.object({ callId: idSchema, accountId: idSchema, from: callPartySchema, at: instantSchema })
	.meta({ id: 'MissedCall' })

/** A call that waits for the device to attach. */
export const pendingCallSchema = z
	.object({ callId: idSchema, accountId: idSchema, sipCallId: z.string(), from: callPartySchema })
	.meta({ id: 'PendingCall' })

/** 200 when every line has settled, 202 when an upstream server was slower than `waitSeconds`. */
export const handoffResponseSchema = z
	.object({
		/** What the device does now, as far as the service knows. */
		state: deviceActivitySchema.optional(),
		/** When a foreground statement lapses; absent when it does not. */
		leaseUntil: instantSchema.optional(),
		/** True when a statement of a higher number had come first, so that this one changed nothing. */
		superseded: z.boolean().optional(),
		/** The highest number that the device has given to a statement. */
		sequence: z.int().optional(),
		lines: z.array(handoffLineSchema),
		missedCalls: z.array(missedCallSchema),
		pendingCalls: z.array(pendingCallSchema),
	})
	.meta({ id: 'HandoffAnswer' })

/** One event of `GET /v1/devices/me/handoff/events`; the one that is settled is the last. */
export const handoffEventSchema = z
	.object({
		state: deviceActivitySchema,
		leaseUntil: instantSchema.optional(),
		/** Every line has settled: nothing more comes of the handoff. */
		settled: z.boolean(),
		lines: z.array(handoffLineSchema),
	})
	.meta({ id: 'HandoffEvent' })

export type HandoffRequest = z.input<typeof handoffRequestSchema>
export type NextStep = z.infer<typeof nextStepSchema>
export type HandoffLine = z.infer<typeof handoffLineSchema>
export type MissedCallView = z.infer<typeof missedCallSchema>
export type PendingCallView = z.infer<typeof pendingCallSchema>
export type HandoffEvent = z.infer<typeof handoffEventSchema>
export type HandoffResponse = z.infer<typeof handoffResponseSchema>
