import { z } from 'zod'
import { instantSchema } from './scalars.ts'

/** Calls that one limit has refused; exact to a few seconds. */
export const refusedCallsSchema = z
	.object({
		/** Whose limit it was. */
		scope: z.enum(['device', 'account', 'tenant', 'process']),
		/** Which: calls at a time, calls a second, calls that devices make, or what the process can bear. */
		limit: z.enum(['held-calls', 'call-rate', 'outgoing-calls', 'load']),
		count: z.number(),
		firstAt: instantSchema,
		lastAt: instantSchema,
	})
	.meta({ id: 'RefusedCalls' })

export type RefusedCallsView = z.infer<typeof refusedCallsSchema>
