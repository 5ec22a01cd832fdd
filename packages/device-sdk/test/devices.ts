import type { HandoffResponse, PushNotice } from '@vigil/contracts'
import { toApnsBody } from '@vigil/contracts'
import type { DeviceIdentity } from '../src/identity.ts'
import type { IncomingCall } from '../src/index.ts'
import type { VigilDevice } from '../src/vigil-device.ts'
import { PASSWORD, REALM, USERNAME } from './edge-server.ts'

export const INSTANCE_ID = 'urn:uuid:3f1c1f5e-0000-4000-8000-000000000001'
export const API_URL = 'https://api.test'

/** What enrolment gives for the scripted edge. */
export function identityAt(url: string): DeviceIdentity {
	const transport = url.startsWith('wss') ? 'wss' : 'ws'
	return {
		deviceId: 'd1',
		deviceToken: 'device-token',
		instanceId: INSTANCE_ID,
		sip: { username: USERNAME, password: PASSWORD, realm: REALM, domain: REALM, urls: { [transport]: url } },
		lines: [{ accountId: 'a1', aor: 'sip:alice@example.com' }],
	}
}

/** What the operating system hands over for a call. */
export function callPush(sipCallId: string, deadline: number, event: 'call' | 'call-cancelled' = 'call') {
	const notice: PushNotice = {
		v: 1,
		event,
		callId: `api-${sipCallId}`,
		sipCallId,
		accountId: 'a1',
		from: { uri: 'sip:bob@example.com', displayName: 'Bob' },
		to: 'sip:alice@example.com',
		deadline,
	}
	return toApnsBody(notice)
}

/** Collects the calls that a device tells of. */
export function collectCalls(device: VigilDevice): IncomingCall[] {
	const calls: IncomingCall[] = []
	device.on('incomingCall', (call) => calls.push(call))
	return calls
}

export const emptyHandoff: HandoffResponse = { lines: [], missedCalls: [], pendingCalls: [] }

/** An API that answers each request by its `METHOD path`, and remembers what came. */
export function fakeApi(responses: Record<string, { status: number; body?: unknown }>) {
	const requests: { what: string; body: unknown; headers: Record<string, string> }[] = []
	const fetch = (url: string, init: RequestInit): Promise<Response> => {
		const what = `${init.method} ${new URL(url).pathname}`
		const body = init.body === undefined ? undefined : JSON.parse(String(init.body))
		requests.push({ what, body, headers: init.headers as Record<string, string> })
		const response = responses[what] ?? { status: 404, body: { type: '/problems/x', title: 'Not found', status: 404 } }
		const text = response.body === undefined ? null : JSON.stringify(response.body)
		return Promise.resolve(new Response(text, { status: response.status }))
	}
	return { fetch, requests }
}
