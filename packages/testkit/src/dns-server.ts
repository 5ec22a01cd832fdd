import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'

/** What a name has, of the types that SIP asks for (RFC 3263). */
export interface DnsRecords {
	/** IPv4 and IPv6. */
	readonly addresses?: readonly string[]
	readonly srv?: readonly {
		readonly priority: number
		readonly weight: number
		readonly port: number
		readonly name: string
	}[]
	readonly naptr?: readonly {
		readonly order: number
		readonly preference: number
		readonly flags: string
		readonly service: string
		readonly replacement: string
	}[]
	/** Default 60. */
	readonly ttlSeconds?: number
}

interface Answer {
	readonly type: number
	readonly data: Buffer
}

const TYPES = { 1: 'A', 28: 'AAAA', 33: 'SRV', 35: 'NAPTR' } as const
const TYPE_A = 1
const TYPE_AAAA = 28
const TYPE_SRV = 33
const TYPE_NAPTR = 35
const HEADER_BYTES = 12
/** Response, authoritative. */
const FLAGS = 0x8400
const NAME_ERROR = 3
/** A pointer to the name in the question (RFC 1035 4.1.4). */
const QUESTION_NAME = Buffer.from([0xc0, HEADER_BYTES])

/** A name server on UDP of the loopback that knows a few names, and counts what it is asked. */
export class DnsServer {
	/** `TYPE name` of every question, in order. */
	readonly questions: string[] = []
	readonly #socket: Socket
	readonly #names = new Map<string, DnsRecords>()
	#silent = false

	private constructor(socket: Socket) {
		this.#socket = socket
		socket.on('message', (query, from) => {
			const answer = this.#answer(query)
			if (!this.#silent) socket.send(answer, from.port, from.address)
		})
	}

	static async start(names: Readonly<Record<string, DnsRecords>> = {}): Promise<DnsServer> {
		const socket = createSocket('udp4')
		socket.bind(0, '127.0.0.1')
		await once(socket, 'listening')
		const server = new DnsServer(socket)
		for (const [name, records] of Object.entries(names)) server.set(name, records)
		return server
	}

	/** `address:port`, as resolvers are told of it. */
	get address(): string {
		return `127.0.0.1:${this.#socket.address().port}`
	}

	set(name: string, records: DnsRecords): void {
		this.#names.set(name.toLowerCase(), records)
	}

	/** Answers nothing from now on, as a name server that is down. */
	fallSilent(): void {
		this.#silent = true
	}

	close(): void {
		this.#socket.close()
	}

	#answer(query: Buffer): Buffer {
		const { name, type, end } = questionOf(query)
		this.questions.push(`${TYPES[type as keyof typeof TYPES] ?? type} ${name}`)
		const records = this.#names.get(name.toLowerCase())
		const answers = records === undefined ? [] : answersOf(records, type)
		const header = Buffer.alloc(HEADER_BYTES)
		query.copy(header, 0, 0, 2)
		header.writeUInt16BE(FLAGS | (records === undefined ? NAME_ERROR : 0), 2)
		header.writeUInt16BE(1, 4)
		header.writeUInt16BE(answers.length, 6)
		const ttl = records?.ttlSeconds ?? 60
		return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...answers.map((answer) => record(answer, ttl))])
	}
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
	const labels: string[] = []
	let at = HEADER_BYTES
	for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
		labels.push(query.toString('latin1', at + 1, at + 1 + length))
		at += 1 + length
	}
	return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function answersOf({ addresses = [], srv = [], naptr = [] }: DnsRecords, type: number): Answer[] {
	switch (type) {
		case TYPE_A:
			return addresses.filter(isIPv4).map((address) => ({ type, data: Buffer.from(address.split('.').map(Number)) }))
		case TYPE_AAAA:
			return addresses.filter((address) => !isIPv4(address)).map((address) => ({ type, data: ipv6Bytes(address) }))
		case TYPE_SRV:
			return srv.map(({ priority, weight, port, name }) => ({
				type,
				data: Buffer.concat([numbers(priority, weight, port), encodedName(name)]),
			}))
		case TYPE_NAPTR:
			return naptr.map(({ order, preference, flags, service, replacement }) => ({
				type,
				data: Buffer.concat([
					numbers(order, preference),
					...[flags, service, ''].map(characterString),
					encodedName(replacement),
				]),
			}))
		default:
			return []
	}
}

function record({ type, data }: Answer, ttlSeconds: number): Buffer {
	const fixed = Buffer.alloc(10)
	fixed.writeUInt16BE(type, 0)
	fixed.writeUInt16BE(1, 2)
	fixed.writeUInt32BE(ttlSeconds, 4)
	fixed.writeUInt16BE(data.length, 8)
	return Buffer.concat([QUESTION_NAME, fixed, data])
}

function numbers(...values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(values.length * 2)
	for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2)
	return bytes
}

function characterString(text: string): Buffer {
	return Buffer.from(`${String.fromCharCode(text.length)}${text}`, 'latin1')
}

function encodedName(name: string): Buffer {
	const labels = name.split('.').filter((label) => label !== '')
	return Buffer.concat([...labels.map(characterString), Buffer.from([0])])
}

function ipv6Bytes(address: string): Buffer {
	const [head = '', tail = ''] = address.split('::')
	const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
	const [front, back] = [groups(head), groups(tail)]
	return numbers(...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back)
}
