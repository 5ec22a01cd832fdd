import { z } from 'zod'
import { registrationModeSchema } from './accounts.ts'

const admissionSchema = z.object({ status: z.int(), grantedSeconds: z.number().optional() })

/** Force goes on though others, or the service itself, hold a binding that a server with one binding would drop. */
export const probeRequestSchema = z.strictObject({ force: z.boolean().default(false) }).prefault({})

/** What a probe found out about the SIP server of an account. */
export const probeReportSchema = z
	.object({
		outcome: z.enum(['complete', 'stopped', 'failed']),
		/** What kept it from the end, in words. */
		blockingReason: z.string().optional(),
		findings: z.object({
			server: z.string().optional(),
			authentication: z.array(
				z.object({
					realm: z.string(),
					proxy: z.boolean(),
					algorithms: z.array(z.string()),
					qop: z.array(z.string()),
				}),
			),
			/** Whether a REGISTER without Contact lists the bindings. */
			listing: z.enum(['lists', 'empty', 'refused']).optional(),
			/** Contacts of others, before; and which of them were gone in the end. */
			foreign: z.array(z.string()),
			foreignLost: z.array(z.string()),
			second: z.enum(['kept', 'overwrites', 'rejected', 'unseen']).optional(),
			secondStatus: z.int().optional(),
			/** Whether one REGISTER that binds one contact and removes another leaves exactly the new one, both ways. */
			swap: z.enum(['honoured', 'not-honoured', 'unknown']),
			/** What was bound after a swap that was not honoured. */
			swapFailure: z.enum(['both', 'old', 'none']).optional(),
			swapStatus: z.int().optional(),
			/** What an expiry of 0 ends: the binding of its contact, or every binding of the user. */
			zeroRemoves: z.enum(['contact', 'user']).optional(),
			mostBindings: z.int(),
			expiries: z.array(z.object({ askedSeconds: z.number(), grantedSeconds: z.number() })),
			minExpiresSeconds: z.number().optional(),
			plain: admissionSchema.optional(),
			private: admissionSchema.optional(),
			/** Address that the server saw, where it is another than ours. */
			seenAs: z.string().optional(),
			options: z.array(z.string()),
			path: z.boolean(),
			outbound: z.boolean(),
			serviceRoute: z.array(z.string()),
		}),
		/** Ready to be set as attributes; absent where too little was found out. */
		recommendation: z
			.object({
				registrationMode: registrationModeSchema,
				natEmulation: z.boolean(),
				registrationRefreshSeconds: z.number(),
				/** For mode 1, where it is known. */
				contactSwap: z.boolean().optional(),
				reasons: z.array(z.string()),
			})
			.optional(),
		/** What became of the test contacts. */
		cleanUp: z.enum(['nothing-to-remove', 'verified', 'confirmed', 'uncertain', 'left']),
		warnings: z.array(z.string()),
		registersSent: z.int(),
		durationMs: z.number(),
	})
	.meta({ id: 'ProbeReport' })

export type ProbeReportView = z.infer<typeof probeReportSchema>
