import { startScriptedCaller } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RawPeer } from '../world/raw-peer.ts'
import type { ScriptedPhone } from '../world/scripted-phone.ts'
import { TestWorld } from '../world/test-world.ts'
import { SteadyFlood } from './flood/steady-flood.ts'

// Phones behind a carrier's NAT share one address with whoever guesses passwords or floods from there.

const WRONG_PASSWORDS = 80
/** At once; then it goes on for as long as the phone has to do with us. */
const MESSAGES_OF_A_FLOOD = 1000

let world: TestWorld
let phone: ScriptedPhone
let accountId: string
let username: string

beforeAll(async () => {
	world = await TestWorld.start()
	const account = await world.addAccount({ attributes: { registrationMode: 2 } })
	accountId = account.id
	username = account.username
	phone = await world.addScriptedPhone(accountId, { wakes: false })
	expect(await phone.attach()).toBe(200)
})

afterAll(() => world.close())

/** REGISTERs from the address of the phone with a wrong password; gives the statuses. */
async function guess(device: string, times: number): Promise<number[]> {
	const { sip, instanceId } = phone.identity
	const [, host = '', port] = /^sip:([^:;]+):(\d+)/.exec(sip.urls.tcp ?? '') ?? []
	const guesser = await startScriptedCaller({
		uri: `sip:${device}@${sip.domain}`,
		server: { transport: 'tcp', host, port: Number(port) },
		credentials: { username: device, password: 'guessed' },
		contactParams: { 'reg-id': '1', '+sip.instance': `<${instanceId}>` },
	})
	const statuses: number[] = []
	for (let tries = 0; tries < times; tries++) statuses.push((await guesser.register({ expiresSeconds: 600 })).status)
	await guesser.close()
	return statuses
}

async function rings(): Promise<void> {
	const call = world.dial(username)
	const incoming = await phone.incoming.next()
	await incoming.answer('v=0\r\n')
	expect((await call.final()).status).toBe(200)
	await call.bye()
}

describe('80 wrong passwords from the address of an attached phone', () => {
	beforeAll(async () => {
		const own = await guess(phone.identity.sip.username, WRONG_PASSWORDS / 2)
		const others = await guess('dev_somebody', WRONG_PASSWORDS / 2)
		expect(own).not.toContain(200)
		expect(own.at(-1)).toBe(403)
		expect(others.at(-1)).toBe(503)
	})

	it('do not keep it from refreshing', async () => {
		expect(await phone.attach()).toBe(200)
	})

	it('do not keep calls from it', () => rings())

	it('do not keep it from coming back by a new connection', async () => {
		phone.loseNetwork()
		expect(await phone.attach()).toBe(200)
		await rings()
	})

	it('do not keep out one that the edge has not seen before', async () => {
		const another = await world.addScriptedPhone(accountId, { wakes: false })
		expect(await another.attach()).toBe(200)
		await another.detach()
	})
})

describe('a flood from the address of an attached phone', () => {
	it('costs the flood its answers, and the phone nothing', async () => {
		const port = Number(/:(\d+);/.exec(phone.identity.sip.urls.udp ?? '')?.[1])
		const flood = await RawPeer.udp(port)
		const options = (id: number) =>
			[
				'OPTIONS sip:vigil SIP/2.0',
				`Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK-flood-${id}`,
				'Max-Forwards: 70',
				'From: <sip:stranger@vigil>;tag=1',
				'To: <sip:vigil>',
				`Call-ID: flood-${id}`,
				'CSeq: 1 OPTIONS',
				'Content-Length: 0',
				'',
				'',
			].join('\r\n')
		const going = await SteadyFlood.begin(MESSAGES_OF_A_FLOOD, (id) => flood.send(options(id)))
		try {
			expect(await phone.attach()).toBe(200)
			await rings()
		} finally {
			await going.end()
		}
		expect(flood.statuses.length).toBeLessThan(going.sent)
		flood.close()
	})
})
