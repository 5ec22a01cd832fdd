import { z } from 'zod'

/** One named check: a critical one that fails makes the service not ready, another makes it degraded. */
export const healthCheckSchema = z.object({
	ok: z.boolean(),
	critical: z.boolean(),
	detail: z.string().optional(),
})

/** Answer of `/readyz`: 200 when ready or degraded, 503 otherwise. */
export const readinessSchema = z
	.object({
		status: z.enum(['ready', 'degraded', 'not-ready']),
		checks: z.record(z.string(), healthCheckSchema),
	})
	.meta({ id: 'Readiness' })

export const livenessSchema = z.object({ status: z.literal('alive') })

export type ReadinessView = z.infer<typeof readinessSchema>
