import { callPageSchema, callQuerySchema, callWithTimelineSchema, idSchema } from '@vigil/contracts'
import type { AccountId, CallId } from '@vigil/domain'
import { z } from 'zod'
import { callingTenant } from '../auth/caller.ts'
import { orNotFound } from '../problems/problem-error.ts'
import { callEventView, callView } from '../views/call-view.ts'
import { optional } from '../views/instant.ts'
import { pageRequest, viewPage } from './list-page.ts'
import type { Routes } from './route-options.ts'

const tags = ['calls']

/** What a tenant sees of its calls, and the evidence of what happened in each. */
export const callRoutes: Routes = async (app, { deps }) => {
	const { calls } = deps.stores

	app.get(
		'/v1/calls',
		{
			schema: {
				tags,
				summary: 'List calls, newest first',
				querystring: callQuerySchema,
				response: { 200: callPageSchema },
			},
		},
		async (request) => {
			const { accountId, outcome, direction } = request.query
			const filter = {
				...optional('accountId', accountId as AccountId | undefined),
				...optional('outcome', outcome),
				...optional('direction', direction),
			}
			return viewPage(await calls.list(callingTenant(request), filter, pageRequest(request.query)), callView)
		},
	)

	app.get(
		'/v1/calls/:id',
		{
			schema: {
				tags,
				summary: 'Show a call with its timeline',
				params: z.object({ id: idSchema }),
				response: { 200: callWithTimelineSchema },
			},
		},
		async (request) => {
			const found = await calls.find(callingTenant(request), request.params.id as CallId)
			const call = orNotFound(found, 'call')
			const timeline = await calls.timeline(call.id)
			return { ...callView(call), timeline: timeline.map((event) => callEventView(call, event)) }
		},
	)
}
