import { enrolDeviceRequestSchema, enrolDeviceResponseSchema } from '@vigil/contracts'
import { Secret } from '@vigil/domain'
import { announceDevice, announceSuperseded } from '../announcements.ts'
import { digestOf, newSecretText, newToken } from '../auth/tokens.ts'
import { noteContact } from '../devices/contact.ts'
import { badCode, enrollable } from '../devices/enrolment.ts'
import { resolvePushTokens } from '../devices/push-tokens.ts'
import { perMinute } from '../plugins/rate-limit.ts'
import { lineView } from '../views/account-view.ts'
import { optional } from '../views/instant.ts'
import type { Routes } from './route-options.ts'

/** How an app install becomes a device: the enrolment code is its only credential. */
export const deviceEnrolmentRoutes: Routes = async (app, { deps, limits }) => {
	const { devices, pushApps } = deps.stores

	app.post(
		'/v1/devices',
		{
			...perMinute(limits.unauthenticatedPerMinute),
			schema: {
				tags: ['device'],
				summary: 'Enrol this app install; token and SIP password are shown only here',
				body: enrolDeviceRequestSchema,
				response: { 201: enrolDeviceResponseSchema },
			},
		},
		async (request, reply) => {
			const { body } = request
			const { codeDigest, tenantId, account } = await enrollable(deps, body.enrolmentCode)
			const pushTokens = await resolvePushTokens(pushApps, tenantId, body.pushTokens)
			const deviceToken = newToken('vgl_dev_', deps.random)
			const password = newSecretText(deps.random)
			const enrolled = await devices.enrol(codeDigest, {
				tenantId,
				platform: body.platform,
				...optional('name', body.name),
				instanceId: body.instanceId ?? `urn:uuid:${deps.random.uuid()}`,
				tokenDigest: digestOf(deviceToken),
				sipSecret: new Secret(password),
				pushTokens,
				lines: [account.id],
			})
			if (enrolled === undefined) throw badCode()
			const { device, superseded } = enrolled
			await noteContact(deps, device)
			await announceDevice(deps, device, device.lines)
			await announceSuperseded(deps, superseded)
			return reply
				.code(201)
				.header('location', '/v1/devices/me')
				.header('cache-control', 'no-store')
				.send({
					deviceId: device.id,
					deviceToken,
					instanceId: device.instanceId,
					sip: {
						// The edge knows devices by their identity; see `openSipCredential` of the device store.
						username: device.id,
						password,
						realm: deps.sip.realm,
						domain: deps.sip.domain,
						urls: { ...deps.sip.urls() },
					},
					lines: [lineView(account)],
				})
		},
	)
}
