import { devicePageSchema, deviceQuerySchema, deviceSchema, idSchema, testPushResponseSchema } from '@vigil/contracts'
import {
	type AccountId,
	callTokens,
	type DeviceId,
	type DeviceStore,
	type PushAppId,
	type PushAppStore,
	type TenantId,
} from '@vigil/domain'
import { z } from 'zod'
import { announceDevice } from '../announcements.ts'
import { callingTenant } from '../auth/caller.ts'
import { pageRequest } from '../lists/list-page.ts'
import { inTurn } from '../lists/reading-in-turn.ts'
import { conflict, invalidField, orNotFound } from '../problems/problem-error.ts'
import { refuseIf } from '../problems/refuse-if.ts'
import { deviceViews } from '../views/device-view.ts'
import { optional } from '../views/instant.ts'
import { noContent, type Routes } from './route-options.ts'

const params = z.object({ id: idSchema })
const tags = ['devices']

/** A test push that arrives later than this proves nothing. */
const TEST_PUSH_LIFETIME_MS = 30_000

/** What a tenant sees of its devices. */
export const deviceRoutes: Routes = async (app, { deps, budgets, turns }) => {
	const { devices, pushApps } = deps.stores

	app.get(
		'/v1/devices',
		{
			...inTurn(turns),
			schema: { tags, summary: 'List devices', querystring: deviceQuerySchema, response: { 200: devicePageSchema } },
		},
		async (request) => {
			const tenantId = callingTenant(request)
			const { accountId, platform, pushApp } = request.query
			const filter = {
				...optional('accountId', accountId as AccountId | undefined),
				...optional('platform', platform),
				...optional('pushAppId', pushApp === undefined ? undefined : await pushAppNamed(pushApps, tenantId, pushApp)),
			}
			const page = await devices.list(tenantId, filter, pageRequest(request.query))
			return { ...page, items: await deviceViews(deps, page.items) }
		},
	)

	app.get(
		'/v1/devices/:id',
		{
			schema: {
				tags,
				summary: 'Show a device, with the state of its push tokens',
				params,
				response: { 200: deviceSchema },
			},
		},
		async (request) => {
			const device = await findDevice(devices, callingTenant(request), request.params.id)
			const [shown] = await deviceViews(deps, [device])
			return orNotFound(shown, 'device')
		},
	)

	app.delete(
		'/v1/devices/:id',
		{
			schema: {
				tags,
				summary: 'Remove a device; its token is worthless from now on',
				params,
				response: { 204: noContent },
			},
		},
		async (request, reply) => {
			const device = await findDevice(devices, callingTenant(request), request.params.id)
			await devices.remove(device.tenantId, device.id)
			await announceDevice(deps, device, device.lines)
			return reply.code(204).send(null)
		},
	)

	app.post(
		'/v1/devices/:id/test-push',
		{
			schema: {
				tags,
				summary: 'Send a push that proves that the device can be woken',
				params,
				response: { 202: testPushResponseSchema },
			},
		},
		async (request, reply) => {
			const device = await findDevice(devices, callingTenant(request), request.params.id)
			const tokens = callTokens(device)
			if (tokens.length === 0) throw conflict('The device has no live push token that could wake it.')
			refuseIf(budgets.takeTestPush(device.id, deps.clock.now()), 'test pushes to this device')
			const pushId = deps.random.uuid()
			const nowMs = deps.clock.wall()
			await deps.pushJobs.enqueue({
				intent: 'test',
				pushId,
				tenantId: device.tenantId,
				deviceId: device.id,
				enqueuedAtMs: nowMs,
				deadlineMs: nowMs + TEST_PUSH_LIFETIME_MS,
			})
			return reply.code(202).send({ pushId, tokens: tokens.map(({ id, kind }) => ({ id, kind })) })
		},
	)
}

async function pushAppNamed(pushApps: PushAppStore, tenantId: TenantId, name: string): Promise<PushAppId> {
	const [app] = await pushApps.findNamed(tenantId, [name])
	if (app === undefined) throw invalidField('pushApp', 'known', 'names no push app of the tenant')
	return app.id
}

async function findDevice(devices: DeviceStore, tenantId: TenantId, id: string) {
	return orNotFound(await devices.find(tenantId, id as DeviceId), 'device')
}
