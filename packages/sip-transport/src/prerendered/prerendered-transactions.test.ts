import { silentLogger } from '@vigil/runtime'
import { type LightResponse, parseMessage, readLightResponse } from '@vigil/sip'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import type { Flow, FlowCloseReason } from '../flow.ts'
import type { ResponseReader } from '../message-intake.ts'
import { PrerenderedTransactions } from './prerendered-transactions.ts'

/** A flow that keeps what is sent. */
class KeptSends {
	readonly sent: string[] = []
	/** The memory that each was sent from. */
	readonly memory: Uint8Array[] = []
	readonly #closeListeners: ((reason: FlowCloseReason) => void)[] = []
	readonly flow: Flow

	constructor(reliable: boolean, failing = false) {
		this.flow = {
			id: 'flow',
			transport: reliable ? 'tcp' : 'udp',
			reliable,
			secure: false,
			direction: 'outbound',
			local: { host: '192.0.2.1', port: 5060 },
			remote: { host: '192.0.2.2', port: 5060 },
			closed: false,
			send: (bytes, onFailure) => {
				this.sent.push(Buffer.from(bytes).toString())
				this.memory.push(bytes)
				if (failing) queueMicrotask(() => onFailure?.(new Error('no route') as never))
			},
			close: () => {},
			onClose: (fn) => {
				this.#closeListeners.push(fn)
				return () => {}
			},
		}
	}

	end(): void {
		for (const fn of this.#closeListeners) fn('remote')
	}
}

class Bench {
	readonly clock = new VirtualClock()
	readonly events: string[] = []
	readonly requests: PrerenderedTransactions
	#read: ResponseReader = () => false
	#branches = 0

	constructor() {
		this.requests = new PrerenderedTransactions({
			responses: {
				onEarlyResponse: (read) => {
					this.#read = read
					return () => {}
				},
			},
			listener: {
				onResponse: (owner, response) => this.events.push(`${owner} answered ${response.status}`),
				onFailure: (owner, cause) => this.events.push(`${owner} failed ${cause}`),
			},
			clock: this.clock,
			logger: silentLogger,
			unique: () => `b${++this.#branches}`,
		})
	}

	send(owner: number, flow: Flow): void {
		this.requests.send(owner, 'REGISTER', flow, (branch) => `REGISTER ${branch}`)
	}

	/** A 200 with a folded field, which the light reader leaves to the parser. */
	respondFolded(branch: string): boolean {
		const text = `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n ;branch=${branch}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n`
		expect(readLightResponse(Buffer.from(text))).toBeUndefined()
		const parsed = parseMessage(Buffer.from(text))
		return parsed.ok && parsed.message.kind === 'response' && this.#read(parsed.message)
	}

	respond(branch: string, status: number, method = 'REGISTER'): boolean {
		const text = `SIP/2.0 ${status} X\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=${branch};rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 ${method}\r\n\r\n`
		return this.#read(readLightResponse(Buffer.from(text)) as LightResponse)
	}
}

describe('rendered requests', () => {
	it('bring the final answer to their owner, once', async () => {
		const bench = new Bench()
		const { flow, sent } = new KeptSends(false)
		bench.send(7, flow)
		expect(sent).toEqual(['REGISTER z9hG4bKb1.0'])
		expect(bench.respond('z9hG4bKb1.0', 100)).toBe(true)
		expect(bench.respond('z9hG4bKb1.0', 200)).toBe(true)
		expect(bench.respond('z9hG4bKb1.0', 200)).toBe(false)
		expect(bench.events).toEqual(['7 answered 100', '7 answered 200'])
		await bench.clock.advance(60_000)
		expect(sent).toHaveLength(1)
		expect(bench.clock.pendingTimers).toBe(0)
	})

	it('leave answers to others: another branch, another method', () => {
		const bench = new Bench()
		bench.send(1, new KeptSends(false).flow)
		expect(bench.respond('z9hG4bKother', 200)).toBe(false)
		expect(bench.respond('z9hG4bKother.0', 200)).toBe(false)
		expect(bench.respond('z9hG4bKb1.1', 200)).toBe(false)
		expect(bench.respond('z9hG4bKb1.0', 200, 'OPTIONS')).toBe(false)
		expect(bench.events).toEqual([])
	})

	it('are repeated by timer E and given up by timer F (RFC 3261 17.1.2.2)', async () => {
		const bench = new Bench()
		const { flow, sent } = new KeptSends(false)
		const start = bench.clock.now()
		const at: number[] = []
		bench.send(1, flow)
		while (bench.events.length === 0) {
			const before = sent.length
			await bench.clock.advanceToNextTimer()
			if (sent.length > before) at.push(bench.clock.now() - start)
		}
		expect(at.map((ms) => Math.round(ms / 500) / 2)).toEqual([0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5])
		expect(bench.events).toEqual(['1 failed timeout'])
		expect(bench.clock.now() - start).toBeGreaterThanOrEqual(32_000)
		expect(bench.requests.size).toBe(0)
	})

	it('use the memory of an answered one again, but not while a copy of it may wait in the socket', async () => {
		const bench = new Bench()
		const { flow, memory } = new KeptSends(false)
		bench.send(1, flow)
		bench.respond('z9hG4bKb1.0', 200)
		bench.send(2, flow)
		expect(memory[1]).toBe(memory[0])
		await bench.clock.advanceToNextTimer()
		bench.respond('z9hG4bKb2.0', 200)
		bench.send(3, flow)
		expect(memory.map((bytes) => Buffer.from(bytes).toString())).toEqual([
			...new Array<string>(3).fill('REGISTER z9hG4bKb2.0'),
			'REGISTER z9hG4bKb3.0',
		])
	})

	it('are repeated every T2 once a provisional answer came', async () => {
		const bench = new Bench()
		const { flow, sent } = new KeptSends(false)
		bench.send(1, flow)
		bench.respond('z9hG4bKb1.0', 100)
		await bench.clock.advance(600)
		expect(sent).toHaveLength(2)
		await bench.clock.advance(3_800)
		expect(sent).toHaveLength(2)
		await bench.clock.advance(400)
		expect(sent).toHaveLength(3)
	})

	it('are not repeated over a connection, and fail with it', async () => {
		const bench = new Bench()
		const kept = new KeptSends(true)
		bench.send(1, kept.flow)
		bench.send(2, kept.flow)
		await bench.clock.advance(20_000)
		expect(kept.sent).toHaveLength(2)
		bench.respond('z9hG4bKb1.0', 200)
		kept.end()
		expect(bench.events).toEqual(['1 answered 200', '2 failed transport'])
	})

	it('fail when they cannot be sent', async () => {
		const bench = new Bench()
		bench.send(1, new KeptSends(false, true).flow)
		await Promise.resolve()
		expect(bench.events).toEqual(['1 failed transport'])
		expect(bench.requests.counters).toMatchObject({ requestsOut: 1, transportFailures: 1 })
	})

	it('take an answer that had to be parsed, too', () => {
		const bench = new Bench()
		bench.send(1, new KeptSends(false).flow)
		expect(bench.respondFolded('z9hG4bKb1.0')).toBe(true)
		expect(bench.events).toEqual(['1 answered 200'])
	})
})
