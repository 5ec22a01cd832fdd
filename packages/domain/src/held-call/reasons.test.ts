import { describe, expect, it } from 'vitest'
import { reasonDetail, reasonOfCancel } from './reasons.ts'

describe('what a CANCEL says of the call', () => {
	it.each([
		[[], 'caller-cancelled'],
		[['SIP;cause=200;text="Call completed elsewhere"'], 'answered-elsewhere'],
		[['sip ; text="a;b, c" ; cause=200'], 'answered-elsewhere'],
		[['Q.850;cause=26;text="non-selected user clearing"'], 'answered-elsewhere'],
		[['Q.850;cause=16', 'SIP;cause=200'], 'answered-elsewhere'],
		[['SIP;cause=603'], 'declined-elsewhere'],
		[['Q.850;cause=21'], 'declined-elsewhere'],
		[['SIP;cause=600'], 'busy-elsewhere'],
		[['SIP;cause=487'], 'caller-cancelled'],
		[['SIP'], 'caller-cancelled'],
		[['Q.850;cause=200'], 'caller-cancelled'],
		[['X.1;cause=200', '"'], 'caller-cancelled'],
	])('%j: %s', (values, reason) => {
		expect(reasonOfCancel(values)).toBe(reason)
	})

	it('is on the timeline, and no book is', () => {
		expect(reasonDetail(['SIP;cause=200', 'Q.850;cause=26'])).toEqual({ reasonHeader: 'SIP;cause=200, Q.850;cause=26' })
		expect(reasonDetail([`SIP;text="${'x'.repeat(5000)}"`]).reasonHeader).toHaveLength(200)
		expect(reasonDetail([])).toEqual({})
	})
})
