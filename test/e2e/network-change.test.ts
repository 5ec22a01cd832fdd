import { PHONE_SDP } from '@vigil/all-in-one'
import { type SipResponse, tagOf } from '@vigil/sip'
import { type ScriptedCall, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MobileNetwork } from '../world/mobile-network.ts'
import { TestWorld } from '../world/test-world.ts'

let world: TestWorld

beforeAll(async () => {
	world = await TestWorld.start()
})

afterAll(() => world?.close())

/** A sleeping phone behind a network that can be taken away. */
async function mobileUser(user: 'answer' | 'ignore') {
	const network = await world.newNetwork()
	return { network, ...(await world.sleepingUser({ user, device: { edgeUrl: network.url } })) }
}

describe.each([
	['the connection breaks', (network: MobileNetwork) => network.cut()],
	['the phone moves to another network without a word', (network: MobileNetwork) => network.moveAway()],
])('%s', (_, change) => {
	it('while it rings: it rings once, and is answered over the new connection', async () => {
		const { network, username, account, phone } = await mobileUser('ignore')
		const call = world.dial(username)
		await call.heard(180)
		change(network)
		await until(() => network.connections === 2 && phone.device.attachment === 'attached')
		await phone.calls[0]?.accept(PHONE_SDP)
		await call.answered()
		await call.bye()
		await until(() => phone.calls[0]?.end === 'hung-up')
		expect(phone.calls).toHaveLength(1)
		expect(toTags(call)).toHaveLength(1)
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'answered' })
	})

	it('while it rings, and the caller gives up: it is told so', async () => {
		const { network, username, phone } = await mobileUser('ignore')
		const call = world.dial(username)
		await call.heard(180)
		change(network)
		await call.cancel()
		expect((await call.final()).status).toBe(487)
		await until(() => phone.calls[0]?.end === 'cancelled')
		expect(phone.calls).toHaveLength(1)
	})

	it('while they talk: the call goes on, and the caller hangs up', async () => {
		const { network, username, phone } = await mobileUser('answer')
		const call = world.dial(username)
		await call.answered()
		await until(() => phone.calls[0]?.state === 'answered')
		change(network)
		// A request of the caller waits at the edge until the phone is back.
		expect((await call.dialog.reinvite(PHONE_SDP)).status).toBe(200)
		expect(phone.calls[0]?.state).toBe('answered')
		expect((await call.bye()).status).toBe(200)
		await until(() => phone.calls[0]?.end === 'hung-up')
		expect(network.connections).toBe(2)
	})

	it('while they talk: the call goes on, and the phone hangs up', async () => {
		const { network, username, account, phone } = await mobileUser('answer')
		const call = world.dial(username)
		await call.answered()
		await until(() => phone.calls[0]?.state === 'answered')
		change(network)
		await until(() => network.connections === 2 && phone.device.attachment === 'attached')
		await phone.calls[0]?.hangup()
		await call.dialog.ended()
		const record = await world.recordOf(call, account.id)
		expect(record.timeline.at(-1)?.detail).toMatchObject({ cause: 'bye', by: 'device' })
	})
})

describe('a phone that loses its connection and does not come back', () => {
	it('leaves the caller with 480 after the time that it had to wake', async () => {
		const account = await world.addAccount()
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		const call = world.dial(account.username)
		const leg = await phone.incoming.next()
		leg.ring()
		await call.heard(180)
		phone.loseNetwork()
		expect((await call.final({ deadlineMs: 15_000 })).status).toBe(480)
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'missed' })
	})
})

function toTags(call: ScriptedCall): string[] {
	const tag = ({ headers }: SipResponse) => tagOf(headers.get('To') ?? '') ?? 'none'
	return [...new Set(call.responses.items.filter(({ status }) => status > 100).map(tag))]
}
