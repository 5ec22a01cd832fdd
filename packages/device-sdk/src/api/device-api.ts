import {
	type DeviceView,
	deviceSchema,
	type EnrolDeviceRequest,
	enrolDeviceResponseSchema,
	type HandoffRequest,
	type HandoffResponse,
	handoffResponseSchema,
	type PushTokenInput,
} from '@vigil/contracts'
import type { DeviceIdentity } from '../identity.ts'
import type { ApiClient } from './api-client.ts'

/** What a handoff came to. */
export interface Handoff extends HandoffResponse {
	/** False when an upstream server had not answered within `waitSeconds`; the change goes on. */
	readonly settled: boolean
}

const ACCEPTED = 202
/** The service's own default of `waitSeconds`. */
const DEFAULT_WAIT_SECONDS = 5

const nothing = { parse: () => undefined }

export async function enrolDevice(api: ApiClient, request: EnrolDeviceRequest): Promise<DeviceIdentity> {
	const response = enrolDeviceResponseSchema
	return (await api.request({ method: 'POST', path: '/v1/devices', body: request, response })).body
}

export async function replacePushTokens(api: ApiClient, pushTokens: readonly PushTokenInput[]): Promise<DeviceView> {
	const body = { pushTokens }
	return (await api.request({ method: 'PATCH', path: '/v1/devices/me', body, response: deviceSchema })).body
}

export async function removeDevice(api: ApiClient): Promise<void> {
	await api.request({ method: 'DELETE', path: '/v1/devices/me', response: nothing })
}

/** How the last handoff stands; states nothing. */
export async function presentHandoff(api: ApiClient): Promise<Handoff> {
	const response = handoffResponseSchema
	const { status, body } = await api.request({ method: 'GET', path: '/v1/devices/me/handoff', response })
	return { ...body, settled: status !== ACCEPTED }
}

export async function stateActivity(api: ApiClient, request: HandoffRequest): Promise<Handoff> {
	const { status, body } = await api.request({
		method: 'POST',
		path: '/v1/devices/me/handoff',
		body: request,
		response: handoffResponseSchema,
		patienceMs: (request.waitSeconds ?? DEFAULT_WAIT_SECONDS) * 1000,
	})
	return { ...body, settled: status !== ACCEPTED }
}
