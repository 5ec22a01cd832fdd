import {
	createPushAppRequestSchema,
	idSchema,
	pageQuerySchema,
	pushAppPageSchema,
	pushAppSchema,
	replacePushAppRequestSchema,
} from '@vigil/contracts'
import type { PushAppId } from '@vigil/domain'
import { z } from 'zod'
import { announcePushApp } from '../announcements.ts'
import { callingTenant } from '../auth/caller.ts'
import { pageRequest, viewPage } from '../lists/list-page.ts'
import { inTurn } from '../lists/reading-in-turn.ts'
import { invalidField, notFound, orNotFound } from '../problems/problem-error.ts'
import { secretOf, settingsOf } from '../push-apps/push-app-secrets.ts'
import { pushAppView, pushAppViews } from '../views/push-app-view.ts'
import { noContent, type Routes } from './route-options.ts'

const params = z.object({ id: idSchema })
const tags = ['push apps']

/** A tenant's apps as the push providers know them. */
export const pushAppRoutes: Routes = async (app, { deps, turns }) => {
	const { pushApps } = deps.stores

	app.post(
		'/v1/push-apps',
		{
			schema: {
				tags,
				summary: 'Create a push app; its secret cannot be read again',
				body: createPushAppRequestSchema,
				response: { 201: pushAppSchema },
			},
		},
		async (request, reply) => {
			const { body } = request
			const settings = settingsOf(body)
			const secret = secretOf(body)
			if (secret === undefined) {
				throw invalidField('serviceAccount', 'required', 'must be given, or accessToken with an endpoint of your own')
			}
			const created = await pushApps.create(callingTenant(request), body.name, settings, secret)
			await announcePushApp(deps, created.id)
			return reply.code(201).header('location', `/v1/push-apps/${created.id}`).send(pushAppView(created))
		},
	)

	app.get(
		'/v1/push-apps',
		{
			...inTurn(turns),
			schema: { tags, summary: 'List push apps', querystring: pageQuerySchema, response: { 200: pushAppPageSchema } },
		},
		async (request) => {
			const tenantId = callingTenant(request)
			const page = await pushApps.list(tenantId, pageRequest(request.query))
			return viewPage({ ...page, items: await pushAppViews(pushApps, tenantId, page.items) }, (view) => view)
		},
	)

	app.get(
		'/v1/push-apps/:id',
		{ schema: { tags, summary: 'Show a push app, and how its pushes fare', params, response: { 200: pushAppSchema } } },
		async (request) => {
			const tenantId = callingTenant(request)
			const found = orNotFound(await pushApps.find(tenantId, request.params.id as PushAppId), 'push app')
			const [view] = await pushAppViews(pushApps, tenantId, [found])
			return orNotFound(view, 'push app')
		},
	)

	app.put(
		'/v1/push-apps/:id',
		{
			schema: {
				tags,
				summary: 'Replace the settings of a push app, and its secret when one is given',
				params,
				body: replacePushAppRequestSchema,
				response: { 200: pushAppSchema },
			},
		},
		async (request) => {
			const tenantId = callingTenant(request)
			const id = request.params.id as PushAppId
			const present = orNotFound(await pushApps.find(tenantId, id), 'push app')
			if (present.settings.provider !== request.body.provider) {
				throw invalidField('provider', 'fixed', `is ${present.settings.provider} and cannot be changed`)
			}
			const changed = await pushApps.change(tenantId, id, settingsOf(request.body), secretOf(request.body))
			await announcePushApp(deps, id)
			return pushAppView(orNotFound(changed, 'push app'))
		},
	)

	app.delete(
		'/v1/push-apps/:id',
		{
			schema: {
				tags,
				summary: 'Remove a push app, and with it the tokens of its devices',
				params,
				response: { 204: noContent },
			},
		},
		async (request, reply) => {
			const id = request.params.id as PushAppId
			const removed = await pushApps.remove(callingTenant(request), id)
			if (!removed) throw notFound('push app')
			await announcePushApp(deps, id)
			return reply.code(204).send(null)
		},
	)
}
