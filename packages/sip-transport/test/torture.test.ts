import { createSocket, type Socket } from 'node:dgram'
import { buildResponse, parseMessage, validateMessage } from '@vigil/sip'
import { sentFromPort, TORTURE_CASES, type TortureCase, tortureBytes } from '@vigil/sip/torture'
import { until, VirtualClock } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerTransaction } from '../src/index.ts'
import { wireRequest } from './messages.ts'
import { Peers } from './sockets.ts'
import { User } from './user.ts'

// The messages of RFC 4475 and RFC 5118 over real sockets, through framing, parser and transaction layer, to a user agent that says 200 to all
// that is in order. A request that is in order goes behind each: when its answer comes, all that came before has been dealt with.

const peers = new Peers()
const sockets: Socket[] = []
const BEHIND = 'behind.all'

afterEach(async () => {
	for (const socket of sockets.splice(0)) socket.close()
	await peers.close()
})

function respond(transaction: ServerTransaction): void {
	const { request } = transaction
	const refusal = validateMessage(request)?.reply
	transaction.respond(refusal ?? buildResponse(request, 200, undefined, { toTag: 'agent' }))
}

async function agent(transport: 'udp' | 'tcp') {
	const clock = new VirtualClock()
	const peer = peers.add({ clock })
	const { port } = await peers.listen(peer, transport)
	const user = new User('agent', peer.manager, clock)
	user.respond = respond
	return { peer, port, user, clock, counters: peer.manager.counters[transport] }
}

function probe(via: string): string {
	return wireRequest('OPTIONS', '', { via }).replace('wire-1', BEHIND)
}

/** Final statuses on the wire, without that of the probe. */
function responses(texts: readonly string[]): number[] {
	return texts
		.flatMap((text) => text.split(/(?=^SIP\/2\.0 \d{3} )/m))
		.filter((text) => text.startsWith('SIP/2.0') && !text.includes(BEHIND))
		.map((text) => Number(text.slice(8, 11)))
		.filter((status) => status >= 200)
}

async function overUdp(entry: TortureCase) {
	const world = await agent('udp')
	const socket = createSocket('udp4')
	sockets.push(socket)
	const heard: string[] = []
	socket.on('message', (data) => heard.push(data.toString('latin1')))
	await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
	const own = socket.address().port
	socket.send(sentFromPort(tortureBytes(entry.file), own), world.port, '127.0.0.1')
	socket.send(probe(`SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK-probe`), world.port, '127.0.0.1')
	await until(() => heard.some((text) => text.includes(BEHIND)))
	return { ...world, heard, socket, own }
}

describe('over UDP', () => {
	it.each(TORTURE_CASES)('$name ($section): $udp', async (entry) => {
		const { heard, counters, user } = await overUdp(entry)
		expect(responses(heard)).toEqual(entry.udp === 'nothing' ? [] : [entry.udp])
		expect(counters.malformed).toBe(entry.refused?.by === 'parse' ? 1 : 0)
		expect(counters.receiverErrors + user.endpoint.counters.handlerErrors).toBe(0)
		for (const text of heard) expect(parseMessage(Buffer.from(text, 'latin1')).ok || entry.udp === 400).toBe(true)
	})

	it('tells two requests apart whose branches have no identifier, and knows each again', async () => {
		const entry = TORTURE_CASES.find((each) => each.name === 'badbranch') as TortureCase
		const { heard, user, socket, own, port } = await overUdp(entry)
		const first = sentFromPort(tortureBytes(entry.file), own)
		const second = Buffer.from(first.toString('latin1').replace('Call-ID: badbranch', 'Call-ID: other'), 'latin1')
		for (const bytes of [second, first, second]) socket.send(bytes, port, '127.0.0.1')
		await until(() => responses(heard).length === 4)
		expect(user.transactions.filter(({ request }) => request.uri.includes('held'))).toHaveLength(2)
	})
})

describe('over TCP', () => {
	it.each(TORTURE_CASES)('$name ($section): $tcp, $stream', async (entry) => {
		const { port, clock, peer, user, counters } = await agent('tcp')
		const raw = await peers.raw(port)
		raw.socket.write(tortureBytes(entry.file))
		raw.socket.write(probe('SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK-probe'))
		if (entry.stream === 'open') await raw.reads(BEHIND)
		else if (entry.stream === 'waiting') {
			await until(() => counters.bytesIn > 0)
			await until(async () => {
				await clock.advance(1000)
				return raw.ended
			})
			expect(peer.closed).toEqual(['slow-message'])
		} else {
			await until(() => raw.ended)
			expect(peer.closed).toEqual(['bad-framing'])
		}
		expect(responses([raw.text])).toEqual(entry.tcp)
		expect(counters.receiverErrors + user.endpoint.counters.handlerErrors).toBe(0)
	})

	it.each(TORTURE_CASES)('$name in pieces of a few bytes leads to the same', async (entry) => {
		const { port, counters } = await agent('tcp')
		const raw = await peers.raw(port)
		const bytes = tortureBytes(entry.file)
		const step = Math.max(5, Math.ceil(bytes.length / 24))
		for (let at = 0; at < bytes.length && !raw.ended; at += step) {
			const piece = bytes.subarray(at, at + step)
			const before = counters.bytesIn
			raw.socket.write(piece)
			await until(() => counters.bytesIn >= before + piece.length || raw.ended || counters.openFlows === 0)
		}
		const wanted = entry.tcp.length
		await until(() => responses([raw.text]).length === wanted)
		expect(responses([raw.text])).toEqual(entry.tcp)
	})
})
