import { createSocket } from 'node:dgram'
import { afterEach, expect, it } from 'vitest'
import { startScriptedCaller } from '../scripted-caller.ts'
import { type ScriptedRegistrar, startScriptedRegistrar } from '../scripted-registrar.ts'
import { SeededRandom, testSeed } from '../seeded-random.ts'
import { until } from '../until.ts'

const SEED = testSeed()
const DATAGRAMS = 1000
const METHODS = ['REGISTER', 'INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'FOO']

const closing: { close(): unknown }[] = []

afterEach(async () => {
	await Promise.all(closing.splice(0).map((one) => one.close()))
})

/** A request that is well formed but for what is done to it afterwards. */
function request(random: SeededRandom): Buffer {
	const method = random.pick(METHODS)
	const lines = [
		`${method} sip:alice@example.test SIP/2.0`,
		`Via: SIP/2.0/UDP example.test;branch=z9hG4bK${random.id()};rport`,
		'Max-Forwards: 70',
		`From: <sip:bob@example.test>;tag=${random.id()}`,
		'To: <sip:alice@example.test>',
		`Call-ID: ${random.id()}`,
		`CSeq: 1 ${method}`,
		'Contact: <sip:alice@example.test>;expires=60',
		'Authorization: Digest username="alice", realm="example.test", nonce="0", uri="sip:example.test", response="0"',
		'Content-Length: 0',
	]
	return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

function damaged(random: SeededRandom): Buffer {
	const bytes = request(random)
	for (let i = random.integer(1, 12); i > 0; i--) bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255)
	return bytes
}

function garbage(random: SeededRandom): Uint8Array {
	const kind = random.pick(['noise', 'damaged', 'cut'] as const)
	if (kind === 'noise') return random.bytes(random.integer(0, 600))
	if (kind === 'damaged') return damaged(random)
	return request(random).subarray(0, random.integer(0, 300))
}

async function throwAt(server: ScriptedRegistrar, datagrams: readonly Uint8Array[]): Promise<void> {
	const socket = createSocket('udp4')
	closing.push(socket)
	for (const datagram of datagrams) {
		await new Promise((sent) => socket.send(datagram, server.port, server.host, sent))
	}
}

it(`serves its users after ${DATAGRAMS} datagrams of garbage, seed ${SEED}`, async () => {
	const seen = { messages: 0 }
	const server = await startScriptedRegistrar({
		users: { alice: 'wonderland' },
		trace: (direction) => {
			if (direction === 'in') seen.messages++
		},
	})
	closing.push(server)
	const random = new SeededRandom(SEED)
	await throwAt(
		server,
		Array.from({ length: DATAGRAMS }, () => garbage(random)),
	)
	await until(() => server.wire.malformed.length > 0 && seen.messages > 0, { what: 'refused and accepted datagrams' })
	const alice = await startScriptedCaller({
		uri: 'sip:alice@example.test',
		server: { transport: 'udp', host: server.host, port: server.port },
		credentials: { username: 'alice', password: 'wonderland' },
	})
	closing.push(alice)
	expect((await alice.register()).status).toBe(200)
	expect(server.bindings('alice').map(({ contact }) => `<${contact}>`)).toEqual([alice.contact])
})
