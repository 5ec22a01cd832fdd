import { describe, expect, it } from 'vitest'
import { isStun, stunResponse } from './stun.ts'

const TRANSACTION_ID = 'b7e7a701bc34d686fa87dfae'

function bindingRequest(type = '0001'): Buffer {
	return Buffer.from(`${type}00002112a442${TRANSACTION_ID}`, 'hex')
}

describe('STUN keep-alive (RFC 5626 3.5.2)', () => {
	// Addresses and masks of the sample responses in RFC 5769 2.2 and 2.3.
	it('tells an IPv4 source its address', () => {
		const response = stunResponse(bindingRequest(), { host: '192.0.2.1', port: 32_853 })
		expect(response?.toString('hex')).toBe(`0101000c2112a442${TRANSACTION_ID}002000080001a147e112a643`)
	})

	it('tells an IPv6 source its address', () => {
		const source = { host: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 }
		const response = stunResponse(bindingRequest(), source)
		expect(response?.toString('hex')).toBe(
			`010100182112a442${TRANSACTION_ID}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`,
		)
		expect(stunResponse(bindingRequest(), { host: '::1', port: 1 })).toHaveLength(44)
	})

	it('is told from SIP and from other binary data', () => {
		expect(isStun(bindingRequest())).toBe(true)
		expect(isStun(bindingRequest().subarray(0, 19))).toBe(false)
		expect(isStun(Buffer.from('OPTIONS sip:a@b.example SIP/2.0'))).toBe(false)
		expect(isStun(Buffer.alloc(20))).toBe(false)
	})

	it('answers nothing but binding requests', () => {
		for (const type of ['0011', '0101', '0003']) {
			expect(stunResponse(bindingRequest(type), { host: '192.0.2.1', port: 1 })).toBeUndefined()
		}
	})
})
