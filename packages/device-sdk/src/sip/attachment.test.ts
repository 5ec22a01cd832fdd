import { until, VirtualClock } from '@vigil/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identityAt } from '../../test/devices.ts'
import { EdgeServer } from '../../test/edge-server.ts'
import { Attachment, type AttachmentOptions } from './attachment.ts'
import { givenSdp } from './sdp-handler.ts'
import { platformWebSocket } from './web-socket.ts'

let edge: EdgeServer
let clock: VirtualClock
let attachment: Attachment
let connects: number[]

beforeEach(async () => {
	edge = await EdgeServer.start()
	clock = new VirtualClock()
	connects = []
	attachment = create({})
})

afterEach(async () => {
	await attachment.detach()
	await edge.close()
	expect(clock.pendingTimers).toBe(0)
})

function create(more: Partial<AttachmentOptions>): Attachment {
	const url = `ws://127.0.0.1:${edge.port}/sip`
	return new Attachment({
		identity: identityAt(url),
		url,
		webSocket: (...args) => {
			connects.push(clock.now())
			return platformWebSocket(...args)
		},
		timers: clock,
		connectTimeoutMs: 5000,
		keepAliveMs: 1e9,
		pongTimeoutMs: 10_000,
		expiresSeconds: 600,
		random: () => 0,
		sessionDescriptionHandlerFactory: givenSdp,
		onInvite: () => {},
		onFault: (fault) => {
			throw fault
		},
		...more,
	})
}

/** Waits for real I/O; only what is due by now fires. */
function settled(condition: () => boolean): Promise<boolean> {
	return until(async () => {
		await clock.advance(0)
		return condition()
	})
}

describe('an attachment', () => {
	it('renews its registration before it ends, with the same Call-ID and rising CSeq', async () => {
		await attachment.attach(1000)
		await clock.advance(479_999)
		expect(edge.registrations).toHaveLength(1)
		await clock.advance(1)
		await settled(() => edge.registrations.length === 2)
		const [first, second] = edge.registrations.map(({ headers }) => headers)
		expect(second?.get('Call-ID')).toBe(first?.get('Call-ID'))
		const cseqs = [first, second].map((headers) => Number.parseInt(headers?.get('CSeq') ?? '', 10))
		expect(cseqs[1]).toBeGreaterThan(cseqs[0] ?? Number.NaN)
		expect(edge.connections).toBe(1)
	})

	it('connects anew when the edge no longer answers keep-alives', async () => {
		attachment = create({ keepAliveMs: 25_000 })
		await attachment.attach(1000)
		await clock.advance(25_000)
		await until(() => edge.pings === 1)
		await until(() => clock.nextTimerAt === clock.now() + 25_000, { what: 'the pong' })
		edge.answersPings = false
		await clock.advance(25_000)
		await until(() => edge.pings === 2)
		await clock.advance(10_000)
		await settled(() => edge.registrations.length === 2 && attachment.state === 'attached')
	})

	it('begins anew when a renewal fails', async () => {
		await attachment.attach(1000)
		edge.registerRules.push({ status: 500 })
		await clock.advance(480_000)
		await settled(() => edge.registrations.length === 2 && attachment.state === 'attached')
		expect(connects).toHaveLength(2)
	})

	it('gives up a device that is no longer known at renewal', async () => {
		await attachment.attach(1000)
		edge.registerRules.push({ status: 404 })
		const refused: number[] = []
		attachment.on('refused', ({ status }) => refused.push(status))
		await clock.advance(480_000)
		await settled(() => refused.length === 1)
		expect(refused).toEqual([404])
		expect(attachment.state).toBe('detached')
	})

	it('tries with growing pauses while the edge is away, and says when it is too late', async () => {
		attachment = create({
			webSocket: () => {
				connects.push(clock.now())
				throw new Error('no network')
			},
		})
		const startedAt = clock.now()
		const failure = attachment.attach(3000).catch((error: unknown) => error)
		await clock.advance(3000)
		expect(await failure).toMatchObject({ name: 'NetworkError', message: 'the edge was not reached within 3000 ms' })
		expect(connects.map((at) => at - startedAt)).toEqual([0, 0, 125, 375, 875, 1875])
		expect(attachment.state).toBe('detached')
	})

	it('does not hammer an edge that drops every connection', async () => {
		await attachment.attach(1000)
		const pauses: number[] = []
		for (let n = 2; n <= 4; n++) {
			edge.cut()
			await until(() => attachment.state === 'reattaching')
			pauses.push((await until(() => clock.nextTimerAt)) - clock.now())
			await clock.advance(pauses.at(-1) ?? 0)
			await settled(() => edge.registrations.length === n && attachment.state === 'attached')
		}
		expect(pauses).toEqual([0, 125, 250])
	})

	it('can be cancelled', async () => {
		attachment = create({ webSocket: () => ({ ...deadSocket }) })
		const failure = attachment.attach(60_000).catch((error: unknown) => error)
		await attachment.detach()
		expect(await failure).toMatchObject({ message: 'the device was detached' })
	})

	it('does not wait for a socket that never opens', async () => {
		let sockets = 0
		attachment = create({
			webSocket: (...args) => (sockets++ === 0 ? { ...deadSocket } : platformWebSocket(...args)),
		})
		const attached = attachment.attach(60_000)
		await clock.advance(5000)
		await settled(() => sockets === 2)
		await attached
	})
})

const deadSocket = {
	binaryType: '',
	onopen: null,
	onclose: null,
	onerror: null,
	onmessage: null,
	send: () => {},
	close: () => {},
}
