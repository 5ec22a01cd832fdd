import { createSocket, Socket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { VirtualClock } from '@vigil/testkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { EDGE_DOMAIN, startLoneEdge } from '../world/lone-edge.ts'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'
import { closeInTime, passTime } from '../world/pass-time.ts'

/** Who is to be flooded, as far as our service can tell: the source of the datagrams. */
const SOURCE = '127.0.0.9'
/** Whom the datagrams name besides. */
const THIRD = '127.0.0.10'
/** Longer than any transaction lives (RFC 3261 17: 64*T1, and T4 after it). */
const LIFETIME_MS = 60_000
const MOST_FACTOR = 2

const closing: (() => unknown)[] = []

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close()
})

const TOKEN = 'q3kzhmvgz7cd5bw2x6ty'

function ports(): MemoryPorts {
	const all = new MemoryPorts()
	const account = accountOf('alice', '127.0.0.1:9', { contactToken: TOKEN, disabled: true })
	all.accountsById.set(account.id, account)
	const device = sleepingDevice('phone', [account.id])
	all.devicesById.set(device.id, device)
	return all
}

type Fields = Readonly<Record<string, string | undefined>>

let written = 0

function request(method: string, uri: string, change: Fields = {}, more: readonly string[] = []): string {
	const id = ++written
	const fields: Fields = {
		Via: `SIP/2.0/UDP ${SOURCE};branch=z9hG4bKr${id};rport`,
		From: `<sip:x@y.test>;tag=${id}`,
		To: `<${uri}>`,
		'Call-ID': `r${id}`,
		CSeq: `1 ${method}`,
		...change,
	}
	const lines = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
	return [`${method} ${uri} SIP/2.0`, ...lines, ...more, '', ''].join('\r\n')
}

const METHODS = 'INVITE OPTIONS REGISTER BYE CANCEL MESSAGE SUBSCRIBE REFER NOTIFY INFO PRACK UPDATE PUBLISH FOO'.split(
	' ',
)

/** By what is odd about each. */
function requests(user: string, host: string): Record<string, string> {
	const uri = `sip:${user}@${host}`
	const named: Record<string, string> = {}
	for (const method of METHODS) {
		named[method] = request(method, uri)
		named[`${method} in a dialog of nobody`] = request(method, uri, { To: `<${uri}>;tag=t` })
		named[`${method}, ends`] = request(method, uri, { 'Max-Forwards': '0' })
		named[`${method}, compact`] =
			`${method} ${uri} SIP/2.0\r\nv:SIP/2.0/UDP a\r\nf:<sip:x@y>;tag=1\r\nt:<${uri}>\r\ni:c${++written}\r\nCSeq:1 ${method}\r\n\r\n`
		named[`${method}, many Via`] = request(method, uri, {}, new Array(20).fill('v:SIP/2.0/UDP a;branch=z9hG4bK1'))
		named[`${method}, long To`] = request(method, uri, { To: `<sip:${'a'.repeat(700)}@b>` })
		named[`${method}, routes`] = request(method, uri, {}, new Array(20).fill('Record-Route: <sip:a;lr>'))
		named[`${method}, unknown extension`] = request(method, uri, { Require: 'foo', 'Proxy-Require': 'bar' })
		named[`${method}, no SIP URI`] = request(method, 'http://x')
		named[`${method}, no Call-ID`] = request(method, uri, { 'Call-ID': undefined })
		named[`${method}, CSeq of another`] = request(method, uri, { CSeq: '1 HELLO' })
		named[`${method}, another version`] = request(method, uri).replace('SIP/2.0\r\n', 'SIP/9.9\r\n')
		named[`${method}, longer than it is`] = request(method, uri, { 'Content-Length': '99999' })
		named[`${method}, no tags`] = request(method, uri, { From: '<sip:x@y>' })
		named[`${method}, from another address`] = request(method, uri, {
			Via: `SIP/2.0/UDP ${THIRD}:5060;branch=z9hG4bK${++written}`,
		})
		const claims = `received=${THIRD};rport=9`
		named[`${method}, claims where it is from`] = request(method, uri, {
			Via: `SIP/2.0/UDP ${SOURCE};branch=z9hG4bK${++written};${claims}`,
		})
		named[`${method}, maddr`] = request(method, uri, {
			Via: `SIP/2.0/UDP ${SOURCE};branch=z9hG4bK${++written};maddr=${THIRD};rport`,
		})
		const proof = `Digest username="${user}", realm="vigil", nonce="n", uri="${uri}", response="${'0'.repeat(32)}"`
		named[`${method}, a proof`] = request(method, uri, {}, [`Authorization: ${proof}`, `Proxy-Authorization: ${proof}`])
	}
	return named
}

/** What must not be answered at all. */
function mute(host: string): Record<string, string | Buffer> {
	const uri = `sip:nobody@${host}`
	const response = request('INVITE', uri).replace(/^.*\r\n/, '')
	return {
		ACK: request('ACK', uri),
		'ACK in a dialog': request('ACK', uri, { To: `<${uri}>;tag=t` }),
		'malformed ACK': request('ACK', uri, { 'Call-ID': undefined }),
		'INVITE with the CSeq of an ACK': request('INVITE', uri, { CSeq: '1 ACK' }),
		'a 100': `SIP/2.0 100 Trying\r\n${response}`,
		'a 200': `SIP/2.0 200 OK\r\n${response}`,
		'a 407': `SIP/2.0 407 Proxy\r\n${response}`,
		'a malformed response': `SIP/2.0 200 OK\r\n${response.replace('Call-ID', 'X-ID')}`,
		'two line ends': '\r\n\r\n',
		'one line end': '\r\n',
		nothing: Buffer.alloc(0),
		garbage: Buffer.alloc(500, 0xa5),
		text: 'GET / HTTP/1.1\r\n\r\n',
		'no Via': request('OPTIONS', uri, { Via: undefined }),
		'a STUN indication': Buffer.from(`001100002112a442${'07'.repeat(12)}`, 'hex'),
		'a STUN answer': Buffer.from(`010100002112a442${'07'.repeat(12)}`, 'hex'),
	}
}

const TORTURE = join(import.meta.dirname, '../../packages/sip/testdata')

function torture(): Record<string, Buffer> {
	const files = ['torture/valid', 'torture/invalid', 'ipv6'].flatMap((folder) =>
		readdirSync(join(TORTURE, folder)).map((name) => join(TORTURE, folder, name)),
	)
	return Object.fromEntries(files.map((file) => [file, readFileSync(file)]))
}

interface Outcome {
	readonly datagrams: number
	readonly factor: number
	/** Addresses that something went to. */
	readonly to: ReadonlySet<unknown>
}

/** Sends each once, lets all that comes of it live and end, and counts what left the door. */
async function reflected(
	door: { readonly clock: VirtualClock; readonly port: number },
	all: Readonly<Record<string, string | Buffer>>,
): Promise<Record<string, Outcome>> {
	const socket = createSocket('udp4')
	closing.push(() => socket.close())
	socket.bind(0, SOURCE)
	await once(socket, 'listening')
	const sending = vi.spyOn(Socket.prototype, 'send')
	closing.push(() => sending.mockRestore())
	const outcomes: Record<string, Outcome> = {}
	for (const [name, text] of Object.entries(all)) {
		sending.mockClear()
		await new Promise<void>((sent) => socket.send(text, door.port, '127.0.0.1', () => sent()))
		await passTime(door.clock, { mostMs: LIFETIME_MS, stepMs: 10_000 })
		const left = sending.mock.calls.filter(
			(_, index) => (sending.mock.contexts[index] as Socket).address().port === door.port,
		)
		const octets = left.reduce((sum, [bytes]) => sum + Buffer.byteLength(bytes as Uint8Array), 0)
		const factor = octets / Math.max(1, Buffer.byteLength(text))
		outcomes[name] = { datagrams: left.length, factor, to: new Set(left.map(([, , host]) => host)) }
	}
	return outcomes
}

/** What is wrong with the outcomes, in words. */
function faults(outcomes: Readonly<Record<string, Outcome>>): string[] {
	return Object.entries(outcomes).flatMap(([name, { datagrams, factor, to }]) => [
		...(datagrams > 1 ? [`${name}: ${datagrams} datagrams`] : []),
		...(factor > MOST_FACTOR ? [`${name}: ${factor.toFixed(2)} times as much`] : []),
		...[...to].filter((host) => host !== SOURCE).map((host) => `${name}: something went to ${host}`),
	])
}

function answeredOf(outcomes: Readonly<Record<string, Outcome>>): string[] {
	return Object.keys(outcomes).filter((name) => (outcomes[name]?.datagrams ?? 0) > 0)
}

async function worker() {
	const clock = new VirtualClock()
	const running = await startLoneWorker(ports(), clock)
	closing.push(() => closeInTime(clock, running))
	return { clock, port: running.upstreamPort }
}

async function edge() {
	const clock = new VirtualClock()
	const running = await startLoneEdge(ports(), clock, undefined, { messagesPerSecondPerSource: 10_000 })
	closing.push(() => closeInTime(clock, running))
	return { clock, port: running.addresses.public.find(({ transport }) => transport === 'udp')?.port ?? 0 }
}

const DOORS = [
	{ door: 'the port for SIP servers', open: worker, host: '127.0.0.1', known: TOKEN },
	{ door: 'the edge', open: edge, host: EDGE_DOMAIN, known: 'device-phone' },
]

describe.each(DOORS)('$door reflects no flood', ({ open, host, known }) => {
	it.each(['nobody', known])('of requests for %s', async (user) => {
		const outcomes = await reflected(await open(), requests(user, host))
		expect(faults(outcomes)).toEqual([])
		// It does answer: of silence this test would say nothing.
		expect(answeredOf(outcomes).length).toBeGreaterThan(METHODS.length * 10)
	})

	it('of what wants no answer', async () => {
		expect(answeredOf(await reflected(await open(), mute('127.0.0.1')))).toEqual([])
	})

	it('of the torture tests (RFC 4475, RFC 5118)', async () => {
		const outcomes = await reflected(await open(), torture())
		expect(faults(outcomes)).toEqual([])
		expect(answeredOf(outcomes).length).toBeGreaterThan(10)
	})

	it('of STUN requests', async () => {
		const outcomes = await reflected(await open(), {
			shortest: Buffer.from(`000100002112a442${'07'.repeat(12)}`, 'hex'),
			'with a name': Buffer.from(`0001000c2112a442${'07'.repeat(12)}80220008${'61'.repeat(8)}`, 'hex'),
		})
		expect(faults(outcomes)).toEqual([])
		expect(answeredOf(outcomes).length).toBe(2)
	})
})
