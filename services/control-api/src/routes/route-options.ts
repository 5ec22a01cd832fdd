import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ControlApiDeps } from '../deps.ts'
import type { Limits } from '../limits.ts'

/** What every group of routes is given. */
interface RouteOptions {
	readonly deps: ControlApiDeps
	readonly limits: Limits
}

export type Routes = FastifyPluginAsyncZod<RouteOptions>

/** Answer without a body. */
export const noContent = z.null().meta({ description: 'Done.' })
