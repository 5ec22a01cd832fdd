import { addLineRequestSchema, addLineResponseSchema, changeDeviceRequestSchema, deviceSchema } from '@vigil/contracts'
import type { Device } from '@vigil/domain'
import { announceDevice, announceSuperseded } from '../announcements.ts'
import { callingDevice } from '../auth/caller.ts'
import { badCode, enrollable } from '../devices/enrolment.ts'
import { resolvePushTokens } from '../devices/push-tokens.ts'
import { orNotFound } from '../problems/problem-error.ts'
import { deviceViews, lineViews } from '../views/device-view.ts'
import { optional } from '../views/instant.ts'
import { noContent, type Routes } from './route-options.ts'

const tags = ['device']

/** What a device does with its own record. */
export const ownDeviceRoutes: Routes = async (app, { deps }) => {
	const { accounts, devices, pushApps } = deps.stores

	const view = async (device: Device) => {
		const [shown] = await deviceViews(deps, [device])
		return orNotFound(shown, 'device')
	}

	app.get(
		'/v1/devices/me',
		{ schema: { tags, summary: 'Show this device', response: { 200: deviceSchema } } },
		async (request) => view(callingDevice(request)),
	)

	app.patch(
		'/v1/devices/me',
		{
			schema: {
				tags,
				summary: 'Rename this device, or replace its push tokens',
				body: changeDeviceRequestSchema,
				response: { 200: deviceSchema },
			},
		},
		async (request) => {
			const device = callingDevice(request)
			const inputs = request.body.pushTokens
			const pushTokens = inputs && (await resolvePushTokens(pushApps, device.tenantId, inputs))
			const change = { ...optional('name', request.body.name), ...optional('pushTokens', pushTokens) }
			const written = await devices.change(device.tenantId, device.id, change)
			const { device: changed, superseded } = orNotFound(written, 'device')
			if (pushTokens !== undefined) await announceDevice(deps, device, device.lines)
			await announceSuperseded(deps, superseded)
			return view(changed)
		},
	)

	app.delete(
		'/v1/devices/me',
		{
			schema: { tags, summary: 'Remove this device; its token is worthless from now on', response: { 204: noContent } },
		},
		async (request, reply) => {
			const device = callingDevice(request)
			await devices.remove(device.tenantId, device.id)
			await announceDevice(deps, device, device.lines)
			return reply.code(204).send(null)
		},
	)

	app.post(
		'/v1/devices/me/lines',
		{
			schema: {
				tags,
				summary: 'Add a line with an enrolment code of the same tenant',
				body: addLineRequestSchema,
				response: { 200: addLineResponseSchema },
			},
		},
		async (request) => {
			const device = callingDevice(request)
			const { codeDigest, account } = await enrollable(deps, request.body.enrolmentCode, device.tenantId)
			if (!(await devices.enrolLine(codeDigest, device, account.id))) throw badCode()
			await announceDevice(deps, device, [account.id])
			const lines = [...new Set([...device.lines, account.id])]
			return { lines: await lineViews(accounts, device.tenantId, lines) }
		},
	)
}
