import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StreamFramer, type StreamItem } from './stream-framer.ts'

const limits = { maxHeaderBytes: 400, maxMessageBytes: 1000 }
const seed = process.env.VIGIL_TEST_SEED
const runs = { numRuns: 300, ...(seed === undefined ? {} : { seed: Number(seed) }) }

function message(body: string, headers = `Content-Length: ${Buffer.byteLength(body)}`): string {
	return `MESSAGE sip:a@b.example SIP/2.0\r\nCall-ID: 1\r\n${headers}\r\n\r\n${body}`
}

/** What a list of chunks becomes, as text; header blocks of faults included. */
function frame(chunks: readonly (string | Uint8Array)[], bounds = limits): string[] {
	const framer = new StreamFramer(bounds)
	return chunks.flatMap((chunk) => framer.push(Buffer.from(chunk as string, 'latin1')).map(describeItem))
}

function describeItem(item: StreamItem): string {
	if (item.type === 'message') return Buffer.from(item.bytes).toString('latin1')
	if (item.type === 'crlf') return 'crlf'
	return `${item.fault} ${item.headers === undefined ? '' : Buffer.from(item.headers).toString('latin1')}`
}

describe('StreamFramer', () => {
	it('finds messages and keep-alives wherever the stream is cut into two', () => {
		const parts = [
			message('hello'),
			'\r\n',
			'\r\n',
			message(''),
			message('a\r\n\r\nb'),
			'\r\n',
			message('x'.repeat(300)),
		]
		const stream = parts.join('')
		const expected = parts.map((part) => (part === '\r\n' ? 'crlf' : part))
		for (let cut = 0; cut <= stream.length; cut++) {
			expect(frame([stream.slice(0, cut), stream.slice(cut)])).toEqual(expected)
		}
	})

	it('finds the same in a stream that comes byte by byte', () => {
		const stream = `\r\n${message('one')}${message('two')}`
		expect(frame([...stream])).toEqual(['crlf', message('one'), message('two')])
	})

	it('hands out bytes that later input does not change', () => {
		const framer = new StreamFramer(limits)
		const first = framer.push(Buffer.from(message('one')))
		const begun = framer.push(Buffer.from(message('two').slice(0, 20)))
		const second = framer.push(Buffer.from(message('two').slice(20) + message('three').slice(0, 30)))
		framer.push(Buffer.from(message('three').slice(30)))
		expect([...first, ...begun, ...second].map(describeItem)).toEqual([message('one'), message('two')])
	})

	it.each([
		['Content-Length: 5'],
		['content-length : 5'],
		['l:5'],
		['L: \t 5'],
		['Content-Length:\r\n 5'],
		['Content-Length: 5\r\nl: 5'],
	])('reads the length from %j', (header) => {
		expect(frame([message('12345', header)])).toEqual([message('12345', header)])
	})

	it.each([
		['content-length-missing', 'Subject: x'],
		['content-length-missing', 'Subject: x\r\n Content-Length: 5'],
		['content-length-missing', 'X-Content-Length: 5'],
		['content-length-invalid', 'Content-Length: -5'],
		['content-length-invalid', 'Content-Length: 5x'],
		['content-length-invalid', 'Content-Length:'],
		['content-length-invalid', 'Content-Length: 5, 5'],
		['content-length-invalid', 'Content-Length: 99999999999999999999'],
		['content-length-invalid', 'Content-Length: 5\r\nl: 6'],
		['message-too-large', 'Content-Length: 1000'],
	])('stops with %s at %j and tells the header block', (fault, header) => {
		const whole = message('', header)
		expect(frame([`${whole}12345${message('later')}`])).toEqual([`${fault} ${whole}`])
		expect(frame([...whole, '12345'])).toEqual([`${fault} ${whole}`])
	})

	it.each([
		['an HTTP request', 'GET / HTTP/1.1\r\n'],
		['a TLS handshake', '\x16\x03\x01'],
		['binary', '\x00\x01'],
		['a CR without LF', '\r\r'],
		['text', 'hello there\r\n'],
		['a line with leading space', ' MESSAGE sip:a SIP/2.0\r\n'],
	])('refuses %s at once', (_what, text) => {
		expect(frame([text])).toEqual(['not-sip '])
		expect(frame([...text])).toEqual(['not-sip '])
	})

	it('does not wait for the end of a header block beyond the limit', () => {
		const endless = `MESSAGE sip:a@b.example SIP/2.0\r\nSubject: ${'x'.repeat(2000)}`
		expect(frame([endless])).toEqual(['headers-too-large '])
		expect(frame([...endless])).toEqual(['headers-too-large '])
		expect(frame(['x'.repeat(2000)])).toEqual(['headers-too-large '])
	})

	it('says whether a message is incomplete', () => {
		const framer = new StreamFramer(limits)
		expect(framer.partial).toBe(false)
		framer.push(Buffer.from(message('hello').slice(0, 10)))
		expect(framer.partial).toBe(true)
		framer.push(Buffer.from(message('hello').slice(10)))
		expect(framer.partial).toBe(false)
	})

	it('gives the same items for any stream however it is cut', () => {
		const piece = fc.oneof(
			{ weight: 6, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 60 }).map((body) => message(body)) },
			{ weight: 3, arbitrary: fc.constant('\r\n') },
			{
				weight: 1,
				arbitrary: fc.constantFrom(message('', 'Content-Length: x'), message('', 'X: y'), 'SIP/2.0 200 OK\r\n'),
			},
			{ weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
			{ weight: 1, arbitrary: fc.constant(message('x'.repeat(700), `Subject: ${'y'.repeat(350)}`)) },
		)
		const cuts = fc.array(fc.nat({ max: 200 }), { minLength: 1, maxLength: 20 })
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 8 }), cuts, (pieces, sizes) => {
				const stream = pieces.join('')
				expect(frame(slices(stream, sizes))).toEqual(frame([stream]))
			}),
			runs,
		)
	})
})

/** Cuts text into pieces of the given sizes, over and over (a size of 0 counts as 1). */
function slices(text: string, sizes: readonly number[]): string[] {
	const result: string[] = []
	for (let at = 0, turn = 0; at < text.length; turn++) {
		const size = Math.max(1, sizes[turn % sizes.length] ?? 1)
		result.push(text.slice(at, at + size))
		at += size
	}
	return result
}
