import { callPageSchema, callQuerySchema, callWithTimelineSchema, idSchema } from '@vigil/contracts'
import type { AccountId, CallId } from '@vigil/domain'
import { z } from 'zod'
import { callingTenant } from '../auth/caller.ts'
import { pageRequest, viewPage } from '../lists/list-page.ts'
import { inTurn } from '../lists/reading-in-turn.ts'
import { orNotFound } from '../problems/problem-error.ts'
import { callEventView, callView } from '../views/call-view.ts'
import { optional } from '../views/instant.ts'
import type { Routes } from './route-options.ts'

const tags = ['calls']

/** What a tenant sees of its calls, and the evidence of what happened in each. */
export const callRoutes: Routes = async (app, { deps, turns }) => {
	const { calls } = deps.stores

	app.get(
		'/v1/calls',
		{
			...inTurn(turns),
			schema: {
				tags,
				summary: 'List calls, newest first',
				querystring: callQuerySchema,
				response: { 200: callPageSchema },
			},
		},
		async (request) => {
			const { accountId, outcome, direction, from, sipCallId, startedFrom, startedBefore } = request.query
			const filter = {
				...optional('accountId', accountId as AccountId | undefined),
				...optional('outcome', outcome),
				...optional('direction', direction),
				...optional('fromUri', from),
				...optional('sipCallId', sipCallId),
				...optional('startedFromMs', startedFrom === undefined ? undefined : Date.parse(startedFrom)),
				...optional('startedBeforeMs', startedBefore === undefined ? undefined : Date.parse(startedBefore)),
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
			const tenantId = callingTenant(request)
			const found = await calls.find(tenantId, request.params.id as CallId)
			const call = orNotFound(found, 'call')
			const timeline = await calls.timeline(tenantId, call.id)
			return { ...callView(call), timeline: timeline.map((event) => callEventView(call, event)) }
		},
	)
}
