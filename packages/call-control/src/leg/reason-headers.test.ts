import { describe, expect, it } from 'vitest'
import { reasonHeaders } from './reason-headers.ts'

describe('the Reason of a CANCEL to a device', () => {
	it('is ours when nobody gave one', () => {
		expect(reasonHeaders({ reason: 'caller-cancelled', passed: [] })).toEqual([
			['Reason', 'SIP;cause=487;text="Caller gave up"'],
		])
	})

	it('is what the SIP server said, untouched', () => {
		const passed = ['Q.850;cause=16', 'sip ;cause=200;text="x"']
		expect(reasonHeaders({ reason: 'answered-elsewhere', passed })).toEqual(passed.map((value) => ['Reason', value]))
	})

	it('says it in the words of SIP before those of the telephone network', () => {
		expect(reasonHeaders({ reason: 'answered-elsewhere', passed: ['Q.850;cause=26'] })).toEqual([
			['Reason', 'SIP;cause=200;text="Call completed elsewhere"'],
			['Reason', 'Q.850;cause=26'],
		])
	})
})
