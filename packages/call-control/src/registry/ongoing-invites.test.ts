import { buildRequest, type SipRequest, type SipResponse } from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'
import { describe, expect, it } from 'vitest'
import { OngoingInvites } from './ongoing-invites.ts'

interface Changes {
	readonly uri?: string
	readonly callId?: string
	readonly fromTag?: string
	readonly cseq?: number
}

function invite({ uri = 'sip:token@edge', callId = 'a@b', fromTag = 'f', cseq = 1 }: Changes = {}): SipRequest {
	return buildRequest({
		method: 'INVITE',
		uri,
		headers: [
			['From', `<sip:bob@pbx.test>;tag=${fromTag}`],
			['To', '<sip:alice@pbx.test>'],
			['Call-ID', callId],
			['CSeq', `${cseq} INVITE`],
		],
	})
}

function transaction(request: SipRequest): ServerTransaction & { final?: SipResponse | undefined } {
	return { request, respond: () => {} } as unknown as ServerTransaction
}

describe('an INVITE by another way', () => {
	it('is the same while the first is under way, for the same account and Request-URI', () => {
		const invites = new OngoingInvites()
		invites.add('acc_1', transaction(invite()))
		expect(invites.isMerged('acc_1', invite())).toBe(true)
		expect(invites.isMerged('acc_2', invite())).toBe(false)
		for (const changes of [{ uri: 'sip:other@edge' }, { callId: 'c@b' }, { fromTag: 'g' }, { cseq: 2 }])
			expect(invites.isMerged('acc_1', invite(changes))).toBe(false)
	})

	it('is a new call once the first has its final answer, and leaves nothing behind', () => {
		const invites = new OngoingInvites()
		const first = transaction(invite())
		invites.add('acc_1', first)
		first.final = {} as SipResponse
		expect(invites.isMerged('acc_1', invite())).toBe(false)
		const second = transaction(invite())
		invites.add('acc_1', second)
		first.onEnd?.('done')
		expect(invites.isMerged('acc_1', invite())).toBe(true)
		second.onEnd?.('done')
		expect(invites.size).toBe(0)
	})

	it('cannot be made to look like that of another account', () => {
		const invites = new OngoingInvites()
		invites.add('acc_1', transaction(invite({ callId: 'x","y', fromTag: 'z' })))
		expect(invites.isMerged('acc_1', invite({ callId: 'x', fromTag: 'y,"z' }))).toBe(false)
	})
})
