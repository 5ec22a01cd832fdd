import { describe, expect, it } from 'vitest'
import { request, response, withFields } from '../../test/messages.ts'
import { cancelledTransactionKey, clientTransactionKey, serverTransactionKey } from './keys.ts'

const via = (value: string) => [['Via', value]] as const

describe('clientTransactionKey', () => {
	it('is the same for a request and its responses', () => {
		const invite = request('INVITE')
		expect(clientTransactionKey(response(invite, 180))).toBe(clientTransactionKey(invite))
	})

	it('tells a CANCEL from the INVITE whose branch it has', () => {
		expect(clientTransactionKey(request('CANCEL'))).not.toBe(clientTransactionKey(request('INVITE')))
	})

	it('looks at the topmost Via only, also when several share a field', () => {
		const alone = request('INVITE', via('SIP/2.0/UDP a.example;branch=z9hG4bK-7'))
		const stacked = request(
			'INVITE',
			via('SIP/2.0/UDP a.example;branch=z9hG4bK-7, SIP/2.0/UDP b.example;branch=z9hG4bK-8'),
		)
		expect(clientTransactionKey(stacked)).toBe(clientTransactionKey(alone))
	})

	it('is undefined without a branch or a CSeq', () => {
		expect(clientTransactionKey(request('INVITE', via('SIP/2.0/UDP a.example')))).toBeUndefined()
		expect(clientTransactionKey(request('INVITE', [['CSeq', 'nonsense']]))).toBeUndefined()
	})
})

describe('serverTransactionKey', () => {
	it('takes an ACK for its INVITE', () => {
		expect(serverTransactionKey(request('ACK'))).toBe(serverTransactionKey(request('INVITE')))
	})

	it('tells requests apart by branch, sent-by and method', () => {
		const key = serverTransactionKey(request('INVITE'))
		expect(serverTransactionKey(request('INVITE', via('SIP/2.0/UDP caller.example:5062;branch=z9hG4bK-2')))).not.toBe(
			key,
		)
		expect(serverTransactionKey(request('INVITE', via('SIP/2.0/UDP caller.example:5063;branch=z9hG4bK-1')))).not.toBe(
			key,
		)
		expect(serverTransactionKey(request('BYE'))).not.toBe(key)
	})

	it('ignores what the transport wrote into the Via', () => {
		const stamped = via('SIP/2.0/UDP CALLER.example:5062;branch=z9hG4bK-1;received=192.0.2.1;rport=9')
		expect(serverTransactionKey(request('INVITE', stamped))).toBe(serverTransactionKey(request('INVITE')))
	})

	it('is undefined without a readable Via', () => {
		expect(serverTransactionKey(request('INVITE', via('rubbish')))).toBeUndefined()
	})

	describe('for a peer of RFC 2543', () => {
		const old = via('SIP/2.0/UDP caller.example:5062;branch=1')
		const invite = request('INVITE', old)

		it('matches the ACK, which has the To tag of the response', () => {
			const ack = request('ACK', [...old, ['To', '<sip:bob@upstream.example>;tag=callee']])
			expect(serverTransactionKey(ack)).toBe(serverTransactionKey(invite))
		})

		it('tells apart by Request-URI, From tag, Call-ID, CSeq number and Via', () => {
			const others = [
				{ ...invite, uri: 'sip:else@service.example' },
				withFields(invite, [['From', '<sip:ann@upstream.example>;tag=other']]),
				withFields(invite, [['Call-ID', 'call-2']]),
				withFields(invite, [['CSeq', '2 INVITE']]),
				withFields(invite, via('SIP/2.0/UDP caller.example;branch=1')),
			]
			for (const other of others) expect(serverTransactionKey(other)).not.toBe(serverTransactionKey(invite))
		})

		it('counts the To tag of other methods', () => {
			const bye = request('BYE', old)
			expect(serverTransactionKey(withFields(bye, [['To', '<sip:bob@upstream.example>;tag=x']]))).not.toBe(
				serverTransactionKey(bye),
			)
		})

		it('has no key when the CSeq cannot be read', () => {
			expect(serverTransactionKey(withFields(invite, [['CSeq', '?']]))).toBeUndefined()
		})
	})
})

describe('cancelledTransactionKey', () => {
	it('names the INVITE transaction that a CANCEL means, old style or new', () => {
		for (const branch of ['z9hG4bK-1', '1']) {
			const fields = via(`SIP/2.0/UDP caller.example:5062;branch=${branch}`)
			expect(cancelledTransactionKey(request('CANCEL', fields))).toBe(serverTransactionKey(request('INVITE', fields)))
		}
	})
})
