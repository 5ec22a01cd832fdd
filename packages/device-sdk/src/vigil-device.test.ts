import { buildCancel, buildRequest, parseNameAddr, type SipRequest, type SipResponse } from '@vigil/sip'
import { testAuthority, until } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { API_URL, callPush, collectCalls, fakeApi, INSTANCE_ID, identityAt } from '../test/devices.ts'
import { EdgeServer } from '../test/edge-server.ts'
import type { IncomingCall } from './index.ts'
import { nodeWebSocket } from './node.ts'
import { VigilDevice } from './vigil-device.ts'

let edge: EdgeServer
let device: VigilDevice
let calls: IncomingCall[]
let faults: unknown[]

beforeEach(async () => {
	edge = await EdgeServer.start()
	device = new VigilDevice({ apiUrl: API_URL, identity: identityAt(`ws://127.0.0.1:${edge.port}/sip`), ...fakeApi({}) })
	calls = collectCalls(device)
	faults = []
	device.on('fault', (fault) => faults.push(fault))
})

afterEach(async () => {
	await device.detach()
	await edge.close()
})

const soon = () => Date.now() + 30_000

/** A request of the dialog that this answer made, as the edge sends it. */
function inDialog(invite: SipRequest, response: SipResponse, method: string, cseq: number, body?: string): SipRequest {
	const type = body === undefined ? [] : [['Content-Type', 'application/sdp'] as const]
	return edge.request(
		method,
		[
			['From', invite.headers.get('From') ?? ''],
			['To', response.headers.get('To') ?? ''],
			['Call-ID', invite.headers.get('Call-ID') ?? ''],
			['CSeq', `${cseq} ${method}`],
			['Contact', '<sip:edge@edge.test;transport=ws>'],
			...type,
		],
		body,
	)
}

/** Sends an INVITE, has it answered and confirmed. */
async function talk(callId: string): Promise<{ invite: SipRequest; response: SipResponse; call: IncomingCall }> {
	const invite = edge.invite(callId)
	edge.send(invite)
	const call = await until(() => calls[0])
	await call.accept('v=0 answer')
	const response = await edge.response(invite, 200)
	edge.send(inDialog(invite, response, 'ACK', 1))
	return { invite, response, call }
}

describe('attaching', () => {
	it('registers with its instance-id and the answer to the challenge that it understands', async () => {
		await device.attach()
		expect(device.attachment).toBe('attached')
		expect(edge.registrations).toHaveLength(1)
		const contact = parseNameAddr(edge.registrations[0]?.headers.get('Contact') ?? '')
		expect(contact?.params.get('+sip.instance')).toBe(`<${INSTANCE_ID}>`)
		expect(contact?.params.get('reg-id')).toBe('1')
		expect(contact?.params.get('expires')).toBe('600')
	})

	it('is done once, however often it is asked for', async () => {
		await Promise.all([device.attach(), device.attach()])
		await device.attach()
		expect(edge.registrations).toHaveLength(1)
		expect(edge.connections).toBe(1)
	})

	it('says goodbye when it detaches', async () => {
		await device.attach()
		await device.detach()
		expect(edge.registrations.at(-1)?.headers.get('Contact')).toMatch(/;expires=0$/)
		expect(device.attachment).toBe('detached')
		await until(() => edge.connections === 0)
		await device.attach()
		expect(device.attachment).toBe('attached')
	})

	it('works over TLS with an authority of its own', async () => {
		const authority = await testAuthority()
		const secure = await EdgeServer.start(await authority.issue(['127.0.0.1']))
		const identity = identityAt(`wss://127.0.0.1:${secure.port}/sip`)
		const webSocket = nodeWebSocket({ ca: authority.cert })
		const other = new VigilDevice({ apiUrl: API_URL, identity, webSocket })
		await other.attach()
		expect(secure.registrations[0]?.headers.get('Via')).toMatch(/^SIP\/2\.0\/WSS /)
		await other.detach()
		await secure.close()
	})

	it('comes back by itself when the connection is lost', async () => {
		await device.attach()
		const states: string[] = []
		device.on('attachment', (state) => states.push(state))
		edge.cut()
		await until(() => edge.registrations.length === 2)
		await until(() => device.attachment === 'attached')
		expect(states).toEqual(['reattaching', 'attached'])
	})

	it('is refused for good when the edge does not know it', async () => {
		edge.registerRules.push({ status: 403 })
		const refused: number[] = []
		device.on('refused', (error) => refused.push(error.status))
		await expect(device.attach()).rejects.toMatchObject({ name: 'RegisterError', status: 403 })
		expect(refused).toEqual([403])
		expect(device.attachment).toBe('detached')
	})

	it('asks for the interval that the edge wants', async () => {
		edge.registerRules.push({ status: 423, headers: [['Min-Expires', '1800']] })
		await device.attach()
		expect(edge.registrations[0]?.headers.get('Contact')).toMatch(/;expires=1800$/)
	})

	it('tries again when the edge is not ready', async () => {
		edge.registerRules.push({ status: 503 })
		await device.attach()
		expect(edge.registrations).toHaveLength(1)
	})
})

describe('an incoming call', () => {
	beforeEach(() => device.attach())

	it('is told, rung, answered, and ended by the caller', async () => {
		const invite = edge.invite('c1')
		edge.send(invite)
		const call = await until(() => calls[0])
		expect(call).toMatchObject({ sipCallId: 'c1', state: 'ringing', offer: 'v=0 offer' })
		expect(call.from).toEqual({ uri: 'sip:bob@example.com', displayName: 'Bob' })
		await edge.response(invite, 180)
		await call.accept((offer) => `v=0 answer to ${offer}`)
		const response = await edge.response(invite, 200)
		expect(String.fromCharCode(...response.body)).toBe('v=0 answer to v=0 offer')
		edge.send(inDialog(invite, response, 'ACK', 1))
		const bye = inDialog(invite, response, 'BYE', 2)
		edge.send(bye)
		await edge.response(bye, 200)
		expect(call).toMatchObject({ state: 'ended', end: 'hung-up' })
		expect(device.calls).toEqual([])
	})

	it('is ended by the device', async () => {
		const { call } = await talk('c2')
		await call.hangup()
		expect((await edge.requestFrom('BYE', 'c2')).uri).toBe('sip:edge@edge.test;transport=ws')
		expect(call.end).toBe('ended-here')
	})

	it('goes on through a re-INVITE', async () => {
		const { invite, response, call } = await talk('c3')
		const again = inDialog(invite, response, 'INVITE', 2, 'v=0 hold')
		edge.send(again)
		const second = await edge.response(again, 200)
		expect(String.fromCharCode(...second.body)).toBe('v=0 answer')
		edge.send(inDialog(invite, second, 'ACK', 2))
		expect(call.state).toBe('answered')
	})

	it('makes the offer when the caller leaves it to the device', async () => {
		const invite = edge.invite('c4', [], null)
		edge.send(invite)
		const call = await until(() => calls[0])
		await call.accept((offer) => `v=0 ours, theirs ${offer}`)
		const response = await edge.response(invite, 200)
		expect(String.fromCharCode(...response.body)).toBe('v=0 ours, theirs undefined')
		edge.send(inDialog(invite, response, 'ACK', 1, 'v=0 their answer'))
		await call.hangup()
	})

	it('is declined with the status that the app chooses', async () => {
		const invite = edge.invite('c5')
		edge.send(invite)
		const call = await until(() => calls[0])
		await call.decline(486)
		await edge.response(invite, 486)
		expect(call.end).toBe('declined')
		await expect(call.accept('v=0')).rejects.toThrow('the call is over: declined')
	})

	it.each([
		[undefined, 'cancelled'],
		['SIP;cause=200;text="Call completed elsewhere"', 'answered-elsewhere'],
		['SIP;cause=603', 'declined-elsewhere'],
		['Q.850;cause=16', 'cancelled'],
	])('is cancelled: Reason %s means %s', async (reason, end) => {
		const invite = edge.invite('c6')
		edge.send(invite)
		const call = await until(() => calls[0])
		const cancelled: string[] = []
		call.onCancelled((why) => cancelled.push(why))
		edge.send(buildCancel(invite, reason === undefined ? [] : [['Reason', reason]]))
		await edge.response(invite, 487)
		expect(call.end).toBe(end)
		expect(cancelled).toEqual([end])
	})

	it('is cancelled while its answer is being made', async () => {
		const invite = edge.invite('c7')
		edge.send(invite)
		const call = await until(() => calls[0])
		const answer = Promise.withResolvers<string>()
		const accepted = call.accept(() => answer.promise)
		edge.send(buildCancel(invite))
		await edge.response(invite, 487)
		await expect(accepted).rejects.toThrow('the call is over: cancelled')
		answer.resolve('v=0 too late')
	})

	it('ends when its answer cannot be made', async () => {
		const invite = edge.invite('c8')
		edge.send(invite)
		const call = await until(() => calls[0])
		const accepted = call.accept(() => Promise.reject(new Error('no microphone')))
		await expect(accepted).rejects.toThrow('no microphone')
		await edge.response(invite, 480)
		expect(call.end).toBe('failed')
	})

	it('comes from the telephone network', async () => {
		const invite = edge.invite('c9')
		invite.headers.set('From', '"Town Hall" <tel:+1-201-555-0123;phone-context=example.com>;tag=t1')
		edge.send(invite)
		const call = await until(() => calls[0])
		expect(call.from.uri).toBe('tel:+1-201-555-0123;phone-context=example.com')
		const ringing = await edge.response(invite, 180)
		expect(ringing.headers.get('From')).toBe(invite.headers.get('From'))
		await call.accept('v=0 answer')
		const response = await edge.response(invite, 200)
		edge.send(inDialog(invite, response, 'ACK', 1))
		await call.hangup()
		const bye = await edge.requestFrom('BYE', 'c9')
		expect(bye.headers.get('To')).toContain('<tel:+1-201-555-0123;phone-context=example.com>')
	})

	it('does not ring twice for reliable provisional answers that the caller demands', async () => {
		const invite = edge.invite('c10', [['Require', '100rel']])
		edge.send(invite)
		const call = await until(() => calls[0])
		await call.accept('v=0 answer')
		edge.send(inDialog(invite, await edge.response(invite, 200), 'ACK', 1))
		expect(edge.received.some((message) => message.kind === 'response' && message.status === 180)).toBe(false)
	})

	it('survives what sip.js throws on', async () => {
		edge.send(`INVITE urn:service:sos SIP/2.0\r\n${String(inviteHead('sos'))}`)
		await until(() => faults.length === 1)
		await talk('c11')
		expect(device.attachment).toBe('attached')
	})
})

function inviteHead(callId: string): string {
	const lines = Array.from(edge.invite(callId).headers, ({ name, value }) => `${name}: ${value}`)
	return `${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`
}

describe('a push and its INVITE', () => {
	it('are one call when the push comes first', async () => {
		const notice = device.receivePush(callPush('p1', soon()))
		expect(notice).toMatchObject({ event: 'call', callId: 'api-p1', sipCallId: 'p1' })
		expect(calls).toHaveLength(1)
		expect(calls[0]).toMatchObject({ state: 'announced', callId: 'api-p1', accountId: 'a1' })
		await device.attach()
		edge.send(edge.invite('p1'))
		await until(() => calls[0]?.state === 'ringing')
		expect(calls).toHaveLength(1)
	})

	it('are one call when the INVITE comes first', async () => {
		await device.attach()
		edge.send(edge.invite('p2'))
		const call = await until(() => calls[0])
		device.receivePush(callPush('p2', soon()))
		expect(calls).toHaveLength(1)
		expect(call).toMatchObject({ state: 'ringing', callId: 'api-p2' })
	})

	it('belong together by X-Push-ID where the leg has a Call-ID of its own', async () => {
		device.receivePush(callPush('p3', soon()))
		await device.attach()
		edge.send(edge.invite('leg-of-p3', [['X-Push-ID', 'p3']]))
		await until(() => calls[0]?.state === 'ringing')
		expect(calls).toHaveLength(1)
	})

	it('can be answered before the INVITE is here', async () => {
		device.receivePush(callPush('p4', soon()))
		const accepted = calls[0]?.accept('v=0 quick')
		await device.attach()
		const invite = edge.invite('p4')
		edge.send(invite)
		await accepted
		edge.send(inDialog(invite, await edge.response(invite, 200), 'ACK', 1))
		expect(calls[0]?.state).toBe('answered')
	})

	it('end as cancelled when the caller gave up before the device attached', async () => {
		device.receivePush(callPush('p5', soon()))
		await device.attach()
		const invite = edge.invite('p5')
		edge.send(invite)
		edge.send(buildCancel(invite))
		await edge.response(invite, 487)
		expect(calls).toHaveLength(1)
		expect(calls[0]?.end).toBe('cancelled')
	})
})

describe('a connection that is lost', () => {
	beforeEach(() => device.attach())

	it('does not make a second call of an INVITE that comes again', async () => {
		edge.send(edge.invite('l1'))
		const call = await until(() => calls[0])
		edge.cut()
		await until(() => edge.registrations.length === 2)
		const again = edge.invite('l1')
		edge.send(again)
		await edge.response(again, 180)
		await call.accept('v=0 answer')
		edge.send(inDialog(again, await edge.response(again, 200), 'ACK', 1))
		expect(calls).toHaveLength(1)
	})

	it('answers again when its answer may have been lost', async () => {
		edge.send(edge.invite('l2'))
		const call = await until(() => calls[0])
		await call.accept('v=0 answer')
		edge.cut()
		await until(() => edge.registrations.length === 2)
		const again = edge.invite('l2')
		edge.send(again)
		const response = await edge.response(again, 200)
		edge.send(inDialog(again, response, 'ACK', 1))
		expect(call.state).toBe('answered')
		await call.hangup()
		await edge.requestFrom('BYE', 'l2')
	})

	it('lets a call go on over the next one', async () => {
		const { invite, response, call } = await talk('l3')
		edge.cut()
		await until(() => edge.registrations.length === 2)
		const bye = inDialog(invite, response, 'BYE', 2)
		edge.send(bye)
		await edge.response(bye, 200)
		expect(call.end).toBe('hung-up')
	})

	it('refuses a second INVITE for a call that is confirmed', async () => {
		const { call } = await talk('l4')
		const merged = edge.invite('l4')
		edge.send(merged)
		await edge.response(merged, 482)
		expect(call.state).toBe('answered')
	})
})

describe('detaching', () => {
	it('ends the call that is talked and refuses the one that rings', async () => {
		await device.attach()
		await talk('x1')
		const ringing = edge.invite('x2')
		edge.send(ringing)
		await until(() => calls.length === 2)
		await device.detach()
		await edge.requestFrom('BYE', 'x1')
		await edge.response(ringing, 480)
		expect(device.calls).toEqual([])
	})
})

it('does not take a text that nobody would show', async () => {
	await device.attach()
	const { uri } = edge.invite('m1')
	const headers = [...edge.invite('m1').headers].filter(({ name }) => !/^(CSeq|Contact|Content)/.test(name))
	const pairs = headers.map(({ name, value }) => [name, value] as const)
	const message = buildRequest({ method: 'MESSAGE', uri, headers: [...pairs, ['CSeq', '1 MESSAGE']], body: 'hello' })
	edge.send(message)
	await edge.response(message, 405)
})
