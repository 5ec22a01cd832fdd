import { describe, expect, it } from 'vitest'
import { hostAndPortSchema, hostPortSchema, pageQuerySchema, sipUserSchema } from './scalars.ts'

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
	schema.safeParse(value).success

describe('host and port', () => {
	it.each(['a', 'sip.example.org', '192.0.2.1:5060', '3com.example', '[2001:db8::1]', '[::1]:65535'])(
		'may be %s',
		(text) => {
			expect(accepts(hostPortSchema, text)).toBe(true)
		},
	)

	it.each([
		'',
		':5060',
		'a:',
		'a:0',
		'a:65536',
		'a b',
		'sip:a',
		'a/b',
		'2001:db8::1',
		'-a',
		'a-',
		'a\r\nb',
		'a..b',
		'a.',
		'a_b',
		'999.0.0.1',
		'1.2.3',
		'5060',
		'[1::2::3]',
		'[a]',
	])('may not be %j', (text) => {
		expect(accepts(hostPortSchema, text)).toBe(false)
	})

	it('are both needed where a whole address is', () => {
		expect(accepts(hostAndPortSchema, 'a:1')).toBe(true)
		expect(accepts(hostAndPortSchema, 'a')).toBe(false)
	})
})

describe('the user part of a SIP URI', () => {
	it.each(['alice', '+4930123', 'a.b-c_d', '%41lice', 'a;b=c'])('may be %s', (text) => {
		expect(accepts(sipUserSchema, text)).toBe(true)
	})

	it.each(['', 'a@b', 'a b', 'a%4', 'a:b', 'ä', 'a\n'])('may not be %j', (text) => {
		expect(accepts(sipUserSchema, text)).toBe(false)
	})
})

describe('a page query', () => {
	it('reads numbers from text and has a default', () => {
		expect(pageQuerySchema.parse({})).toEqual({ limit: 50 })
		expect(pageQuerySchema.parse({ limit: '7', cursor: 'x' })).toEqual({ limit: 7, cursor: 'x' })
	})
})
