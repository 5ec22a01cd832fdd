import { SeededRandom, testSeed, until } from '@vigil/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { RawPeer } from '../world/raw-peer.ts'
import { type SleepingUser, TestWorld } from '../world/test-world.ts'

const SEED = testSeed()

let world: TestWorld
let user: SleepingUser
const peers: RawPeer[] = []

beforeAll(async () => {
	world = await TestWorld.start()
	user = await world.sleepingUser()
})

afterAll(() => world?.close())

afterEach(async () => {
	for (const peer of peers.splice(0)) peer.close()
	// Whatever was done to it: the process lives, and the next call works.
	expect(await world.platform.readiness()).toMatchObject({ status: 200, body: { status: 'ready' } })
	const call = world.dial(user.username)
	await call.answered()
	await call.bye()
	await user.phone.close()
})

let requests = 0

/** A request as a stranger would write it; `replaced` header fields are left out when undefined. */
function request(method: string, uri: string, replaced: Record<string, string | undefined> = {}, body = ''): string {
	const id = `stranger-${++requests}`
	const fields: Record<string, string | undefined> = {
		Via: `SIP/2.0/TCP 127.0.0.1:9;rport;branch=z9hG4bK${id}`,
		'Max-Forwards': '70',
		From: `<sip:stranger@example.test>;tag=${id}`,
		To: '<sip:victim@example.test>',
		'Call-ID': id,
		CSeq: `1 ${method}`,
		Contact: '<sip:stranger@127.0.0.1:9>',
		'Content-Length': String(body.length),
		...replaced,
	}
	const lines = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
	return `${method} ${uri} SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}

const portOf = (url: string | undefined) => Number(/:(\d+)/.exec(url?.replace(/^\w+:\/*/, '') ?? '')?.[1])

const DOORS = [
	['the port for SIP servers', 'udp', () => world.platform.addresses.upstreamPort],
	['the port for SIP servers', 'tcp', () => world.platform.addresses.upstreamPort],
	['the edge', 'udp', () => portOf(world.platform.addresses.edge.udp)],
	['the edge', 'tcp', () => portOf(world.platform.addresses.edge.tcp)],
] as const

describe.each(DOORS)('%s over %s', (_, transport, port) => {
	async function peer(): Promise<RawPeer> {
		const opened = await RawPeer[transport](port())
		peers.push(opened)
		return opened
	}

	it.each([
		['a CSeq of another method', request('INVITE', 'sip:a@b', { CSeq: '1 BYE' }), 400],
		['a CSeq that is no number', request('INVITE', 'sip:a@b', { CSeq: 'one INVITE' }), 400],
		['no Call-ID', request('INVITE', 'sip:a@b', { 'Call-ID': undefined }), 400],
		['a Request-URI that is none', request('INVITE', '<>'), 400],
		['another version', request('INVITE', 'sip:a@b').replace(' SIP/2.0\r\n', ' SIP/3.0\r\n'), 505],
		[
			'too many header fields',
			request('INVITE', 'sip:a@b', { 'X-Many': `1\r\n${'X-Many: 1\r\n'.repeat(1000)}X: 2` }),
			513,
		],
	])('answers %s', async (_what, message, status) => {
		expect(await (await peer()).ask(message)).toBe(status)
	})

	it(`survives garbage and broken messages, seed ${SEED}`, async () => {
		const random = new SeededRandom(SEED)
		for (let round = 0; round < 30; round++) {
			const sender = await peer()
			await sender.send(random.bytes(random.integer(1, 1400)))
			const damaged = Buffer.from(request(random.pick(['INVITE', 'REGISTER', 'ACK', 'BYE', 'CANCEL']), 'sip:a@b'))
			for (let i = random.integer(1, 10); i > 0; i--)
				damaged[random.integer(0, damaged.length - 1)] = random.integer(0, 255)
			await sender.send(damaged)
			await sender.send(request('INVITE', 'sip:a@b').slice(0, random.integer(1, 200)))
		}
	})

	it('takes no message that is too large', async () => {
		const sender = await peer()
		const large = request('INVITE', 'sip:a@b', { 'X-Large': 'x'.repeat(60_000) })
		await sender.send(large)
		await until(() => sender.statuses.length > 0 || sender.isClosed)
		expect(sender.statuses.filter((status) => status !== 513)).toEqual([])
	})
})

describe('a stranger at the port for SIP servers', () => {
	const ask = async (message: string) => {
		const peer = await RawPeer.udp(world.platform.addresses.upstreamPort)
		peers.push(peer)
		return peer.ask(message.replace('SIP/2.0/TCP', 'SIP/2.0/UDP'))
	}

	it.each(['INVITE', 'MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'REGISTER'])(
		'gets 404 for %s to a contact that we never gave out',
		async (method) => {
			expect(await ask(request(method, `sip:100@127.0.0.1:${world.platform.addresses.upstreamPort}`))).toBe(404)
		},
	)

	it.each(['BYE', 'INFO', 'INVITE'])('gets 481 for %s in a dialog that there is not', async (method) => {
		expect(await ask(request(method, 'sip:a@b', { To: '<sip:a@b>;tag=guessed' }))).toBe(481)
	})

	it('gets 481 for a CANCEL of nothing', async () => {
		expect(await ask(request('CANCEL', 'sip:a@b'))).toBe(481)
	})
})

describe('a request at the Contact of an account', () => {
	const contactOf = (username: string) => world.registrar.bindings(username)[0]?.contact ?? ''

	it.each([
		['OPTIONS', 200, /^Allow: .*INVITE/m],
		['MESSAGE', 405, /^Allow: (?!.*MESSAGE)/m],
		['NOTIFY', 489, /^Allow-Events: /m],
		['SUBSCRIBE', 489, /^Allow-Events: /m],
		['BYE', 481, /^CSeq: 1 BYE/m],
		['REFER', 403, /^CSeq: 1 REFER/m],
	] as const)('%s gets %i, with a To tag', async (method, status, field) => {
		const peer = await RawPeer.udp(world.platform.addresses.upstreamPort)
		peers.push(peer)
		const sent = request(method, contactOf(user.username), { 'Max-Forwards': '0', Event: 'message-summary' })
		expect(await peer.ask(sent.replace('SIP/2.0/TCP', 'SIP/2.0/UDP'))).toBe(status)
		expect(peer.heard).toMatch(/^To: .*;tag=/m)
		expect(peer.heard).toMatch(field)
	})

	it.each<[string, Record<string, string>, string, number, number]>([
		['that may go no further', { 'Max-Forwards': '0' }, '', 483, 200],
		['with a hop count that is none', { 'Max-Forwards': '256' }, '', 400, 400],
		['with header fields in its Request-URI', {}, '?Subject=x', 400, 400],
	])('%s wakes nobody', async (_what, fields, added, invited, asked) => {
		const before = user.phone.pushes.length
		for (const [method, status] of [
			['INVITE', invited],
			['OPTIONS', asked],
		] as const) {
			const peer = await RawPeer.udp(world.platform.addresses.upstreamPort)
			peers.push(peer)
			const sent = request(method, contactOf(user.username) + added, fields).replace('SIP/2.0/TCP', 'SIP/2.0/UDP')
			expect(await peer.ask(sent)).toBe(status)
		}
		expect(user.phone.pushes).toHaveLength(before)
	})

	it('asks in vain by OPTIONS where it would by INVITE', async () => {
		const { username, account } = await world.sleepingUser()
		const contact = contactOf(username)
		const peer = await RawPeer.udp(world.platform.addresses.upstreamPort)
		peers.push(peer)
		const ask = (method: string) => peer.ask(request(method, contact).replace('SIP/2.0/TCP', 'SIP/2.0/UDP'))
		expect(await ask('OPTIONS')).toBe(200)
		await world.tenant.client.request('PATCH', `/v1/accounts/${account.id}`, { disabled: true })
		await until(() => world.registrar.bindings(username).length === 0)
		expect([await ask('INVITE'), await ask('OPTIONS')]).toEqual([480, 480])
	})
})

describe('a stranger at the edge', () => {
	const peer = async () => {
		const opened = await RawPeer.tcp(portOf(world.platform.addresses.edge.tcp))
		peers.push(opened)
		return opened
	}

	it('may not call anybody', async () => {
		const stranger = await peer()
		const { username } = user.phone.device.identity.sip
		expect(await stranger.ask(request('INVITE', `sip:${username}@vigil`))).toBe(403)
		expect(await stranger.ask(request('INVITE', 'sip:0900123456@pbx.test'))).toBe(403)
		expect(await stranger.ask(request('MESSAGE', `sip:${username}@vigil`))).toBe(405)
	})

	it('is asked for a password, whether there is such a device or not', async () => {
		const stranger = await peer()
		const { username } = user.phone.device.identity.sip
		for (const name of [username, 'dev_nobody']) {
			const aor = `sip:${name}@vigil`
			const register = request('REGISTER', 'sip:vigil', { To: `<${aor}>`, From: `<${aor}>;tag=1` })
			expect(await stranger.ask(register)).toBe(401)
		}
	})

	it('with a wrong password does not get in, and is not let try for ever', async () => {
		const account = await world.addAccount()
		const thief = await world.addScriptedPhone(account.id, { password: 'guessed' })
		const statuses = []
		for (let tries = 0; tries < 6; tries++) statuses.push(await thief.attach())
		expect(statuses[0]).toBe(401)
		expect(statuses.at(-1)).toBe(403)
		expect(statuses).not.toContain(200)
	})

	it('is heard by WebSocket no better', async () => {
		const rubbish = await openWebSocket()
		const closed = new Promise((resolve) => rubbish.addEventListener('close', resolve))
		rubbish.send('no SIP at all')
		rubbish.send(new SeededRandom(SEED).bytes(500))
		await closed
		const stranger = await openWebSocket()
		const heard: string[] = []
		stranger.addEventListener('message', ({ data }) => heard.push(String(data)))
		stranger.send(request('INVITE', 'sip:victim@vigil').replace('SIP/2.0/TCP', 'SIP/2.0/WS'))
		await until(() => heard.some((text) => text.startsWith('SIP/2.0 403 ')))
		stranger.close()
	})

	async function openWebSocket(): Promise<WebSocket> {
		const socket = new WebSocket(world.platform.addresses.edge.ws ?? '', 'sip')
		await new Promise((opened) => socket.addEventListener('open', opened))
		return socket
	}
})
