import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { RequestBudgets } from '../budgets/request-budgets.ts'
import type { ControlApiDeps } from '../deps.ts'
import type { Limits } from '../limits.ts'
import type { ReadingTurns } from '../lists/reading-turns.ts'

/** What every group of routes is given. */
interface RouteOptions {
	readonly deps: ControlApiDeps
	readonly limits: Limits
	readonly budgets: RequestBudgets
	/** For the routes of lists. */
	readonly turns: ReadingTurns
}

export type Routes = FastifyPluginAsyncZod<RouteOptions>

/** Answer without a body. */
export const noContent = z.null().meta({ description: 'Done.' })
