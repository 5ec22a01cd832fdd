import { describe, expect, it } from 'vitest'
import { formatCSeq, MAX_CSEQ, parseCSeq } from './cseq.ts'
import { parseDeltaSeconds } from './delta-seconds.ts'

describe('CSeq', () => {
	it.each([
		['0 ACK', { number: 0, method: 'ACK' }],
		['2147483647 INVITE', { number: MAX_CSEQ, method: 'INVITE' }],
		['0009 \t INVITE', { number: 9, method: 'INVITE' }],
		['2147483648 INVITE', undefined],
		['99999999999999999999 INVITE', undefined],
		['-1 INVITE', undefined],
		['1e3 INVITE', undefined],
		['0x10 INVITE', undefined],
		[' 1 INVITE', undefined],
		['1', undefined],
		['1 ', undefined],
		['1 INVITE x', undefined],
		['INVITE 1', undefined],
		['', undefined],
	])('%j reads as %o', (text, cseq) => {
		expect(parseCSeq(text)).toEqual(cseq)
	})

	it('is written within its range only', () => {
		expect(formatCSeq(MAX_CSEQ, 'REGISTER')).toBe('2147483647 REGISTER')
		for (const number of [-1, 1.5, MAX_CSEQ + 1, Number.NaN])
			expect(() => formatCSeq(number, 'BYE')).toThrow(RangeError)
	})
})

describe('parseDeltaSeconds', () => {
	it.each([
		['3600', 3600],
		[' 60 ', 60],
		['18000;duration=3600', 18000],
		['120 (I am in a meeting)', 120],
		['10000000000000000000', 2 ** 32 - 1],
		['', undefined],
		['-1', undefined],
		['1.5', undefined],
		['Tue, 15 Nov 1994 08:12:31 GMT', undefined],
		['60 seconds', undefined],
	])('reads %j as %s', (text, seconds) => {
		expect(parseDeltaSeconds(text)).toBe(seconds)
	})
})
