import type { SeededRandom } from '@vigil/testkit'

type Mutation = (bytes: Buffer, random: SeededRandom, other: () => Buffer) => Buffer

/** Inputs never grow beyond this: more than any message, so that every bound is met, and little enough to be fast. */
const MAX_INPUT_BYTES = 80_000

/** What means something to a parser of SIP, and what often breaks one. */
const PIECES: readonly string[] = [
	...[
		'\r\n',
		'\n',
		'\r',
		'\r\n ',
		'\r\n\r\n',
		'\0',
		'\t',
		' ',
		':',
		';',
		',',
		'=',
		'"',
		'\\',
		'<',
		'>',
		'@',
		'?',
		'&',
		'[',
		']',
	],
	...[
		'%00',
		'%',
		'%zz',
		'\ufeff',
		'\u{1f4de}',
		'\ud800',
		'*',
		'()',
		'-1',
		'0',
		'4294967296',
		'99999999999999999999',
		'1e9',
		'0x10',
	],
	...[
		'SIP/2.0',
		'sip:',
		'sips:',
		'tel:',
		'z9hG4bK',
		';tag=',
		';lr',
		';rport',
		';received=',
		';transport=tcp',
		';expires=0',
	],
	...[
		'__proto__',
		'constructor',
		'Content-Length: ',
		'l:',
		'CSeq: 1 ',
		'Via: SIP/2.0/UDP ',
		'Route: <sip:',
		'Contact: *',
	],
]

const METHODS = [
	'INVITE',
	'ACK',
	'BYE',
	'CANCEL',
	'REGISTER',
	'OPTIONS',
	'UPDATE',
	'PRACK',
	'INFO',
	'MESSAGE',
	'REFER',
	'X',
]
const NUMBERS = [
	'-1',
	'0',
	'1',
	'9',
	'65535',
	'65536',
	'2147483647',
	'2147483648',
	'4294967295',
	'18446744073709551616',
]

const MUTATIONS: readonly Mutation[] = [
	flipBit,
	setByte,
	insertPiece,
	insertPiece,
	removeRange,
	duplicateRange,
	splice,
	duplicateLine,
	removeLine,
	swapLines,
	lieAboutLength,
	changeNumber,
	changeMethod,
	hugeValue,
	manyLines,
	manyParameters,
	truncate,
	append,
]

/** One to four changes of the message; `other` gives further messages to mix it with. */
export function mutate(bytes: Buffer, random: SeededRandom, other: () => Buffer): Buffer {
	let mutated = bytes
	for (let left = random.integer(1, 4); left > 0; left--) {
		// After each change, as one more could make a thousand times as much of it.
		mutated = random.pick(MUTATIONS)(mutated, random, other).subarray(0, MAX_INPUT_BYTES)
	}
	return mutated
}

function position(bytes: Buffer, random: SeededRandom): number {
	return random.integer(0, Math.max(0, bytes.length - 1))
}

function replaced(bytes: Buffer, from: number, to: number, insert: string | Uint8Array): Buffer {
	const piece = typeof insert === 'string' ? Buffer.from(insert) : insert
	return Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(to)])
}

function flipBit(bytes: Buffer, random: SeededRandom): Buffer {
	return setAt(bytes, position(bytes, random), (byte) => byte ^ (1 << random.integer(0, 7)))
}

function setByte(bytes: Buffer, random: SeededRandom): Buffer {
	return setAt(bytes, position(bytes, random), () => random.integer(0, 255))
}

function setAt(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
	const copy = Buffer.from(bytes)
	const byte = copy[at]
	if (byte !== undefined) copy[at] = change(byte)
	return copy
}

function insertPiece(bytes: Buffer, random: SeededRandom): Buffer {
	const at = position(bytes, random)
	return replaced(bytes, at, at + random.integer(0, 2), random.pick(PIECES))
}

function removeRange(bytes: Buffer, random: SeededRandom): Buffer {
	const at = position(bytes, random)
	return replaced(bytes, at, at + random.integer(1, 40), '')
}

function duplicateRange(bytes: Buffer, random: SeededRandom): Buffer {
	const at = position(bytes, random)
	const piece = bytes.subarray(at, at + random.integer(1, 200))
	const copies = random.chance(0.05) ? 200 : random.integer(1, 3)
	return replaced(bytes, at, at, Buffer.concat(Array(copies).fill(piece)))
}

/** The beginning of one message with the end of another. */
function splice(bytes: Buffer, random: SeededRandom, other: () => Buffer): Buffer {
	const second = other()
	return Buffer.concat([bytes.subarray(0, position(bytes, random)), second.subarray(position(second, random))])
}

function withLines(bytes: Buffer, change: (lines: string[]) => void): Buffer {
	const lines = bytes.toString('latin1').split('\r\n')
	change(lines)
	return Buffer.from(lines.join('\r\n'), 'latin1')
}

function duplicateLine(bytes: Buffer, random: SeededRandom): Buffer {
	return withLines(bytes, (lines) => lines.splice(random.integer(0, lines.length), 0, random.pick(lines)))
}

function removeLine(bytes: Buffer, random: SeededRandom): Buffer {
	return withLines(bytes, (lines) => lines.splice(random.integer(0, lines.length - 1), 1))
}

function swapLines(bytes: Buffer, random: SeededRandom): Buffer {
	return withLines(bytes, (lines) => {
		const [a, b] = [random.integer(0, lines.length - 1), random.integer(0, lines.length - 1)]
		const held = lines[a] as string
		lines[a] = lines[b] as string
		lines[b] = held
	})
}

function lieAboutLength(bytes: Buffer, random: SeededRandom): Buffer {
	const length = random.pick([...NUMBERS, '', '+5', '5 5', '5,5', ` ${bytes.length}`, '100000'])
	return withLines(bytes, (lines) => {
		const at = lines.findIndex((line) => /^(content-length|l)[ \t]*:/i.test(line))
		if (at < 0 || random.chance(0.2)) lines.splice(1, 0, `Content-Length: ${length}`)
		else lines[at] = `${random.pick(['Content-Length', 'l', 'CONTENT-LENGTH '])}:${length}`
	})
}

function changeNumber(bytes: Buffer, random: SeededRandom): Buffer {
	const numbers = [...bytes.toString('latin1').matchAll(/\d+/g)]
	if (numbers.length === 0) return bytes
	const { index, 0: digits } = random.pick(numbers)
	return replaced(bytes, index, index + digits.length, random.pick(NUMBERS))
}

function changeMethod(bytes: Buffer, random: SeededRandom): Buffer {
	const from = /^[A-Z]+(?= )/.exec(bytes.toString('latin1'))?.[0]
	if (from === undefined) return bytes
	const to = random.pick(METHODS)
	const text = bytes.toString('latin1').replace(from, to)
	return Buffer.from(
		random.chance(0.8) ? text.replace(new RegExp(`^(CSeq:[ \\d]+)${from}`, 'm'), `$1${to}`) : text,
		'latin1',
	)
}

function hugeValue(bytes: Buffer, random: SeededRandom): Buffer {
	const at = position(bytes, random)
	return replaced(
		bytes,
		at,
		at,
		random.pick(['a', '1', '"', '(', '%41', ' ', '\t', ',', '\\']).repeat(random.integer(100, 12_000)),
	)
}

function manyLines(bytes: Buffer, random: SeededRandom): Buffer {
	const count = random.pick([10, 100, 255, 257, 2000])
	return withLines(bytes, (lines) => {
		const line = random.pick([random.pick(lines), 'X: y', 'Via: SIP/2.0/UDP h', 'Route: <sip:h;lr>', ' folded'])
		const most = Math.ceil(MAX_INPUT_BYTES / (line.length + 2))
		lines.splice(random.integer(1, lines.length), 0, ...Array<string>(Math.min(count, most)).fill(line))
	})
}

function manyParameters(bytes: Buffer, random: SeededRandom): Buffer {
	const piece = random
		.pick([';p', ';p=v', ',<sip:a@b>', ';tag=1', '&h=v', ';"', ','])
		.repeat(random.pick([3, 100, 600, 3000]))
	return withLines(bytes, (lines) => {
		const at = random.integer(0, lines.length - 1)
		lines[at] += piece
	})
}

function truncate(bytes: Buffer, random: SeededRandom): Buffer {
	return bytes.subarray(0, position(bytes, random))
}

/** Something behind the end: for a stream the beginning of the next message. */
function append(bytes: Buffer, random: SeededRandom, other: () => Buffer): Buffer {
	return Buffer.concat([
		bytes,
		random.chance(0.5) ? other() : Buffer.from(random.pick(['\r\n', '\r\n\r\n', '\0\0', 'x'])),
	])
}
