import { PHONE_SDP } from '@vigil/all-in-one'
import { parsePushPayload } from '@vigil/contracts'
import { headerList } from '@vigil/sip'
import { sampleSdp, startScriptedRegistrar, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, TestWorld } from '../world/test-world.ts'

describe('callers and SIP servers of all kinds', () => {
	let world: TestWorld

	beforeAll(async () => {
		world = await TestWorld.start()
	})

	afterAll(() => world?.close())

	it.each([
		['sip:bob@pbx.test', 'Jürgen "Jay" Müller, 東京'],
		['tel:+4930123456', 'From the telephone network'],
		['sip:anonymous@anonymous.invalid', 'Anonymous'],
		['sip:+4930123456@pbx.test;user=phone', '+49 30 123456'],
	])('are shown as they are: %s', async (uri, displayName) => {
		const { username, account, phone } = await world.sleepingUser()
		const caller = await world.newCaller({ uri, displayName })
		const call = world.dial(username, {}, caller)
		await call.answered()
		await until(() => phone.calls[0]?.state === 'answered')
		const from = { uri, displayName }
		expect(parsePushPayload(phone.pushes[0])).toMatchObject({ from })
		expect(phone.calls[0]?.from).toMatchObject(from)
		expect((await world.recordOf(await hungUp(call), account.id)).from).toEqual(from)
	})

	it('come with a long history of header fields and a large offer', async () => {
		const { username, phone } = await world.sleepingUser()
		const caller = await world.newCaller({ server: { transport: 'tcp', ...address(world.domain) } })
		const large = `${sampleSdp('192.0.2.1')}${'a=candidate:1 1 udp 1 192.0.2.1 40000 typ host\r\n'.repeat(300)}`
		const history = Array.from({ length: 60 }, (_, i) => ['X-History', `hop ${i}`] as const)
		const call = world.dial(username, { body: large, headers: history }, caller)
		await call.answered()
		expect(phone.calls[0]?.offer).toBe(large)
		await call.bye()
	})

	it('that demand reliable provisional responses hear no other, AutoSend180 or not', async () => {
		const account = await world.addAccount({ attributes: { autoSend180: true } })
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		const call = world.dial(account.username, { prack: true, headers: [['Require', '100rel']] })
		const leg = await phone.incoming.next()
		expect(headerList(leg.invite.headers, 'Require')).toContain('100rel')
		await leg.ringReliably(180)
		await leg.answer(PHONE_SDP)
		await call.answered()
		const provisional = call.responses.items.filter(({ status }) => status > 100 && status < 200)
		expect(provisional.map(({ headers }) => headers.has('RSeq'))).not.toContain(false)
		await call.bye()
	})

	it('reach us through a server that stays in the way', async () => {
		const border = await startScriptedRegistrar({ users: { alice: PASSWORD }, recordRoute: true })
		const { host, port } = border
		const account = await world.addAccount({ username: 'alice', domain: `${host}:${port}`, transport: 'tcp' })
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		const caller = await world.newCaller({ server: { host, port, transport: 'udp' } })
		const call = caller.invite(`sip:alice@${host}:${port}`)
		const leg = await phone.incoming.next()
		await leg.answer(PHONE_SDP)
		await call.answered()
		call.dialog.respondWith('INVITE', 200, PHONE_SDP)
		expect((await leg.dialog.reinvite(PHONE_SDP)).status).toBe(200)
		const again = await call.dialog.requests.waitFor(({ method }) => method === 'INVITE')
		// It came through the server, and not directly.
		expect(headerList(again.headers, 'Via')).toHaveLength(2)
		expect((await leg.dialog.bye()).status).toBe(200)
		await call.dialog.ended()
		await border.close()
	})

	it('are found at an outbound proxy, whatever the domain is called', async () => {
		const border = await startScriptedRegistrar({ users: { alice: PASSWORD }, realm: 'no-such-host.test' })
		const { host, port } = border
		const account = await world.addAccount({
			username: 'alice',
			domain: 'no-such-host.test',
			attributes: { outboundProxy: `${host}:${port}` },
		})
		const phone = await world.addPhone(account.id)
		expect((await phone.device.handoff('background')).lines).toMatchObject([{ holder: 'service' }])
		const caller = await world.newCaller({ server: { host, port, transport: 'udp' } })
		const call = caller.invite('sip:alice@no-such-host.test')
		await call.answered()
		await call.bye()
		await border.close()
	})

	it('may come in by TCP, to accounts that are registered so', async () => {
		const { username, account } = await world.sleepingUser({ account: { transport: 'tcp' } })
		const caller = await world.newCaller({ server: { transport: 'tcp', ...address(world.domain) } })
		const call = world.dial(username, {}, caller)
		await call.answered()
		await call.bye()
		expect(await world.recordOf(call, account.id)).toMatchObject({ outcome: 'answered' })
	})

	async function hungUp(call: ReturnType<TestWorld['dial']>) {
		await call.bye()
		return call
	}
})

function address(hostPort: string): { host: string; port: number } {
	const [host = '', port] = hostPort.split(':')
	return { host, port: Number(port) }
}
