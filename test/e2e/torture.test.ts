import { createSocket, type Socket } from 'node:dgram'
import { connect, type Socket as TcpSocket } from 'node:net'
import { DEFAULT_ACCOUNT_LIMITS, DEFAULT_ATTRIBUTES, type TrafficLimits } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { silentLogger } from '@vigil/runtime'
import { sentFromPort, TORTURE_CASES, type TortureCase, tortureBytes } from '@vigil/sip/torture'
import { until, VirtualClock } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accountOf, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'

// The messages of RFC 4475 and RFC 5118 on the upstream side of a whole registration worker.

const BEHIND = 'behind.all'

let worker: RegistrationWorker
let udp: Socket
let heard: string[] = []

beforeAll(async () => {
	const ports = new MemoryPorts()
	const held = accountOf('held', '127.0.0.1:9', { attributes: { ...DEFAULT_ATTRIBUTES, registrationMode: 0 } })
	ports.accountsById.set(held.id, held)
	// All of them within one moment of the virtual clock.
	const account: TrafficLimits = { ...DEFAULT_ACCOUNT_LIMITS, callsPerSecond: 1000 }
	worker = await startLoneWorker(ports, new VirtualClock(), silentLogger, { limits: { account } })
	udp = createSocket('udp4')
	udp.on('message', (data) => heard.push(data.toString('latin1')))
	await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve))
})

afterAll(async () => {
	udp.close()
	await worker.close()
})

function probe(transport: 'UDP' | 'TCP', port: number): string {
	return [
		'OPTIONS sip:nobody@push.example SIP/2.0',
		`Via: SIP/2.0/${transport} 127.0.0.1:${port};branch=z9hG4bK-${probes++}`,
		'From: <sip:probe@pbx.example>;tag=p',
		'To: <sip:nobody@push.example>',
		`Call-ID: ${BEHIND}`,
		'CSeq: 1 OPTIONS',
		'Content-Length: 0',
		'\r\n',
	].join('\r\n')
}

let probes = 0

/** Final statuses, without those of the probe and of what the worker asks on its own account. */
function finals(texts: readonly string[]): number[] {
	return texts
		.flatMap((text) => text.split(/(?=^SIP\/2\.0 \d{3} )/m))
		.filter((text) => text.startsWith('SIP/2.0') && !text.includes(BEHIND))
		.map((text) => Number(text.slice(8, 11)))
		.filter((status) => status >= 200)
}

async function overUdp({ file }: TortureCase): Promise<number[]> {
	heard = []
	const { port } = udp.address()
	udp.send(sentFromPort(tortureBytes(file), port), worker.upstreamPort, '127.0.0.1')
	udp.send(probe('UDP', port), worker.upstreamPort, '127.0.0.1')
	await until(() => heard.some((text) => text.includes(BEHIND)))
	return finals(heard)
}

/** What comes back on a connection up to the answer of the probe, or up to its end. */
async function overTcp({ file, name, stream }: TortureCase): Promise<{ statuses: number[]; ended: boolean }> {
	const socket: TcpSocket = connect(worker.upstreamPort, '127.0.0.1')
	const state = { text: '', ended: false }
	socket.on('data', (chunk: Buffer) => {
		state.text += chunk.toString('latin1')
	})
	socket.on('error', () => {})
	socket.on('close', () => {
		state.ended = true
	})
	// By another branch and call than over UDP: it is no repetition.
	const text = tortureBytes(file).toString('latin1')
	socket.write(
		Buffer.from(
			text.replaceAll(`z9hG4bK-${name}`, `z9hG4bK-tcp-${name}`).replace('Call-ID: ', 'Call-ID: tcp.'),
			'latin1',
		),
	)
	socket.write(probe('TCP', 5060))
	if (stream === 'waiting') await until(() => socket.bytesWritten > 0 && worker.snapshot())
	else await until(() => state.ended || state.text.includes(BEHIND))
	socket.destroy()
	return { statuses: finals([state.text]), ended: state.ended }
}

function wanted(entry: TortureCase): number[] {
	return entry.worker === 'nothing' ? [] : [entry.worker]
}

/** A stream that gives more messages, or fewer, than the datagram, gives as many answers. */
function wantedOverTcp(entry: TortureCase): number[] {
	if (entry.name === 'dblreq') return [404, 480]
	return entry.tcp.length === 0 ? [] : wanted(entry)
}

describe('the worker answers', () => {
	it.each(TORTURE_CASES)('$name ($section) over UDP: $worker', async (entry) => {
		expect(await overUdp(entry)).toEqual(wanted(entry))
	})

	it.each(TORTURE_CASES)('$name ($section) over TCP: $worker', async (entry) => {
		const { statuses, ended } = await overTcp(entry)
		expect(statuses).toEqual(wantedOverTcp(entry))
		expect(ended).toBe(entry.stream === 'closed')
	})

	it('and is well afterwards', async () => {
		expect(worker.snapshot()).toMatchObject({ accounts: 1, calls: 0, upstreamSip: { handlerErrors: 0 } })
		expect(await overUdp({ ...(TORTURE_CASES[0] as TortureCase), file: 'torture/valid/lwsdisp.dat' })).toEqual([200])
	})
})
