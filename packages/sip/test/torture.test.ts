import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { unescapeUriPart } from '../src/address/escapes.ts'
import { headerList } from '../src/address/list.ts'
import { parseNameAddr } from '../src/address/name-addr.ts'
import { parseUri } from '../src/address/uri.ts'
import { parseVia, topVia } from '../src/address/via.ts'
import type { SipMessage } from '../src/message/message.ts'
import { parseMessage } from '../src/message/parse.ts'
import { serializeMessage } from '../src/message/serialize.ts'
import { validateMessage } from '../src/message/validate.ts'
import { serverTransactionKey } from '../src/transaction/keys.ts'
import { TORTURE_CASES, tortureBytes } from './torture-cases.ts'

const TESTDATA = new URL('../testdata/', import.meta.url)

function files(folder: string): string[] {
	return readdirSync(new URL(folder, TESTDATA)).map((name) => `${folder}/${name}`)
}

function parsed(name: string): SipMessage {
	const file = TORTURE_CASES.find((entry) => entry.name === name)?.file ?? ''
	const result = parseMessage(tortureBytes(file))
	if (!result.ok) throw new Error(result.error.detail)
	return result.message
}

function request(name: string) {
	const message = parsed(name)
	if (message.kind === 'response') throw new Error('a response')
	return message
}

function userOf(uri: string | undefined): string | undefined {
	const read = parseUri(uri ?? '')
	return read?.scheme === 'sip' ? read.user : undefined
}

describe('the table', () => {
	it('has every message of RFC 4475 and RFC 5118, each with its file', () => {
		const present = [...files('torture/valid'), ...files('torture/invalid'), ...files('ipv6')]
		expect(TORTURE_CASES.map((entry) => entry.file).sort()).toEqual(present.sort())
		expect(TORTURE_CASES.filter((entry) => entry.section.startsWith('RFC 4475'))).toHaveLength(49)
		expect(TORTURE_CASES.filter((entry) => entry.section.startsWith('RFC 5118'))).toHaveLength(12)
	})
})

describe('the codec', () => {
	const taken = TORTURE_CASES.filter((entry) => !entry.refused)
	const refused = TORTURE_CASES.filter((entry) => entry.refused)

	it.each(taken)('takes $name ($section) and writes it as the same message', ({ file }) => {
		const result = parseMessage(tortureBytes(file))
		if (!result.ok) throw new Error(result.error.detail)
		expect(validateMessage(result.message)).toBeUndefined()
		const sent = serializeMessage(result.message)
		const again = parseMessage(sent)
		expect(again.ok && Buffer.from(serializeMessage(again.message))).toEqual(Buffer.from(sent))
	})

	it.each(refused)('refuses $name ($section)', ({ file, refused: expected, udp }) => {
		const result = parseMessage(tortureBytes(file))
		const error = result.ok ? validateMessage(result.message) : result.error
		expect({ by: result.ok ? 'validate' : 'parse', code: error?.code }).toEqual(expected)
		expect(error?.reply?.status ?? 'nothing').toBe(udp)
		if (error?.reply) expect(parseMessage(serializeMessage(error.reply)).ok || udp === 400).toBe(true)
	})

	it.each(TORTURE_CASES)('takes no harm from $name cut off anywhere', ({ file }) => {
		const bytes = tortureBytes(file)
		for (let length = 0; length < bytes.length; length += bytes.length > 2000 ? 13 : 1) {
			const result = parseMessage(bytes.subarray(0, length))
			if (result.ok) validateMessage(result.message)
		}
	})
})

describe('what is read out of them', () => {
	it('wsinv: through folds, blanks and compact forms', () => {
		const { headers } = parsed('wsinv')
		expect(parseNameAddr(headers.get('From') ?? '')).toMatchObject({ displayName: 'Front Desk \\"' })
		expect(parseNameAddr(headers.get('To') ?? '')?.params.get('tag')).toBe('77a1held')
		expect(headers.get('JustInvented')).toBe('a value that goes on in the next line')
		expect(headers.get('Subject')).toBe('')
		expect(headerList(headers, 'Via').map((via) => parseVia(via)?.transport)).toEqual(['UDP', 'TCP', 'UDP'])
		expect(parseNameAddr(headers.get('Contact') ?? '')?.params).toEqual(
			new Map<string, string | true>([
				['fresh', 'parameter'],
				['flagparam', true],
				['q', '0.33'],
			]),
		)
	})

	it('intmeth: control characters in quotes, UTF-8, and every character a token may have', () => {
		const message = request('intmeth')
		expect(parseNameAddr(message.headers.get('To') ?? '')?.displayName).toBe('BEL:\x07 NUL:\x00 DEL:\x7f')
		expect(parseUri(message.uri)).toMatchObject({ host: 'push.example' })
	})

	it('esc01, escnull and esc02: escapes are undone where they count, and only there', () => {
		const to = parseNameAddr(parsed('esc01').headers.get('To') ?? '')?.uri
		expect(unescapeUriPart(userOf(to) ?? '')).toBe('held')
		const contact = parseUri(parseNameAddr(parsed('esc01').headers.get('Contact') ?? '')?.uri ?? '')
		expect(contact?.scheme === 'sip' && [...contact.params.keys()]).toEqual(['%6c%72', 'n%61me'])
		expect(unescapeUriPart(userOf(parseNameAddr(parsed('escnull').headers.get('To') ?? '')?.uri) ?? '')).toBe(
			'nul-\0-nul',
		)
		expect(parsed('esc02')).toMatchObject({ method: 'RE%47IST%45R' })
	})

	it('semiuri: parameters of the user are no parameters of the URI', () => {
		expect(parseUri(request('semiuri').uri)).toMatchObject({
			user: 'held;par=h%40pbx.example',
			host: 'push.example',
			params: new Map(),
		})
	})

	it('cparam01 and cparam02: a parameter belongs to the URI only inside of <>', () => {
		const [outside, inside] = ['cparam01', 'cparam02'].map((name) =>
			parseNameAddr(parsed(name).headers.get('Contact') ?? ''),
		)
		expect(outside).toMatchObject({ uri: 'sip:+15550100@gw.pbx.example', params: new Map([['strange', true]]) })
		expect(inside).toMatchObject({ uri: 'sip:+15550100@gw.pbx.example;strange', params: new Map() })
	})

	it('dblreq: the octets behind the first message are not its body', () => {
		expect(parsed('dblreq')).toMatchObject({ method: 'REGISTER', body: { length: 0 } })
	})

	it('unreason and noreason: any reason phrase, or none', () => {
		expect(parsed('unreason')).toMatchObject({ status: 200, reason: '= 10**2 + 100 → двести, deux cents' })
		expect(parsed('noreason')).toMatchObject({ status: 100, reason: '' })
	})

	it('badbranch: a branch without an identifier tells no transaction from another', () => {
		const first = request('badbranch')
		const second = { ...first, headers: first.headers.clone().set('Call-ID', 'another call') }
		expect(serverTransactionKey(second)).not.toBe(serverTransactionKey(first))
		expect(serverTransactionKey({ ...first, headers: first.headers.clone() })).toBe(serverTransactionKey(first))
	})

	it('badvers: the reply carries the Via as it came', () => {
		const result = parseMessage(tortureBytes('torture/invalid/badvers.dat'))
		const reply = result.ok ? undefined : result.error.reply
		expect(reply?.headers.get('Via')).toBe('SIP/7.0/UDP 198.51.100.7:15060;branch=z9hG4bK-bv')
	})

	it('RFC 5118: received with and without brackets, ports inside and outside of them', () => {
		expect(topVia(parsed('via-received-param-with-delim'))?.params.get('received')).toBe('[2001:db8::9:255]')
		expect(topVia(parsed('via-received-param-no-delim'))?.params.get('received')).toBe('2001:db8::9:255')
		expect(parseUri(request('port-ambiguous').uri)).toMatchObject({ host: '[2001:db8::20:5070]' })
		expect(parseUri(request('port-unambiguous').uri)).toMatchObject({ host: '[2001:db8::20]', port: 5070 })
	})
})
