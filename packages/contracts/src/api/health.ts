import { z } from 'zod'

/** Answer of `/healthz`: whether the service can do its work is the operations port's to say. */
export const livenessSchema = z.object({ status: z.literal('alive') })
