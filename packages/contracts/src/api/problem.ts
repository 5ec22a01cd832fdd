import { z } from 'zod'

/** One violated rule: which field of the request, which rule, and a sentence for people. */
export const problemErrorSchema = z.object({
	/** Path of the field, dots between the parts: `attributes.registrationMode`. Empty when the whole is meant. */
	field: z.string(),
	/** Short name of the rule: `required`, `unknown`, `too_small`, `offered`. */
	rule: z.string(),
	message: z.string(),
})

/** RFC 9457 problem document; every error of this API is one. */
export const problemSchema = z
	.object({
		/** Reference of the kind of problem: `/problems/<kind>`, which answers with a description. */
		type: z.string(),
		title: z.string(),
		status: z.int(),
		detail: z.string().optional(),
		/** Id of the request, as it stands in the service's log. */
		instance: z.string().optional(),
		errors: z.array(problemErrorSchema).optional(),
	})
	.meta({ id: 'Problem', description: 'RFC 9457 problem document.' })

export type ProblemError = z.infer<typeof problemErrorSchema>
export type Problem = z.infer<typeof problemSchema>

/** Media type of a problem document. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json'
