import { buildRequest, buildResponse, type HeaderPair, type SipResponse } from '@vigil/sip'
import type { ServerTransaction } from '@vigil/sip-transport'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { RingBack } from './ring-back.ts'

function transaction(method: string, headers: readonly HeaderPair[]) {
	const responses: SipResponse[] = []
	const request = buildRequest({
		method,
		uri: 'sip:token@service.test',
		headers: [
			['Via', 'SIP/2.0/UDP pbx.test;branch=z9hG4bK1'],
			['From', '<sip:bob@pbx.test>;tag=1'],
			['To', '<sip:alice@pbx.test>'],
			['Call-ID', 'call-1'],
			['CSeq', `7 ${method}`],
			...headers,
		],
	})
	return {
		transaction: { request, respond: (r: SipResponse) => responses.push(r) } as unknown as ServerTransaction,
		responses,
	}
}

function ringBack(headers: readonly HeaderPair[] = []) {
	const clock = new VirtualClock()
	const { transaction: invite, responses } = transaction('INVITE', headers)
	const options = {
		invite,
		localTag: 'ours',
		contact: '<sip:us@service.test>',
		clock,
		random: { token: () => 'AAAABA' },
	}
	return { clock, responses, ringing: new RingBack(options) }
}

const DEMANDED: HeaderPair[] = [['Require', 'timer, 100rel']]
const prack = (rack: string) => transaction('PRACK', [['RAck', rack]])

describe('a ring-back', () => {
	it('is a plain 180, once, where the caller demands nothing', async () => {
		const { clock, responses, ringing } = ringBack([['Supported', '100rel']])
		ringing.send()
		await clock.advance(60_000)
		expect(responses).toHaveLength(1)
		expect(responses[0]?.status).toBe(180)
		expect(responses[0]?.headers.has('RSeq')).toBe(false)
		expect(ringing.rseq).toBeUndefined()
		expect(ringing.acknowledged(prack('1 7 INVITE').transaction)).toBe(false)
	})

	it('is reliable where the caller demands it: repeated until its PRACK comes', async () => {
		const { clock, responses, ringing } = ringBack(DEMANDED)
		ringing.send()
		expect(responses[0]?.headers.get('Require')).toBe('100rel')
		expect(responses[0]?.headers.get('RSeq')).toBe(String(ringing.rseq))
		await clock.advance(1500)
		expect(responses).toHaveLength(3)
		const { transaction: request, responses: ofPrack } = prack(`${ringing.rseq} 7 INVITE`)
		expect(ringing.acknowledged(request)).toBe(true)
		expect(ofPrack).toEqual([buildResponse(request.request, 200)])
		await clock.advance(60_000)
		expect(responses).toHaveLength(3)
	})

	it('takes no PRACK of another response', () => {
		const { ringing } = ringBack(DEMANDED)
		ringing.send()
		for (const rack of [`${(ringing.rseq ?? 0) + 1} 7 INVITE`, `${ringing.rseq} 8 INVITE`, 'rubbish']) {
			expect(ringing.acknowledged(prack(rack).transaction)).toBe(false)
		}
		ringing.stop()
	})

	it('is given up after 64*T1, and repeated no more once the call went further', async () => {
		const { clock, responses, ringing } = ringBack(DEMANDED)
		ringing.send()
		await clock.advance(40_000)
		expect(responses).toHaveLength(7)
		expect(clock.pendingTimers).toBe(0)
		const stopped = ringBack(DEMANDED)
		stopped.ringing.send()
		stopped.ringing.stop()
		expect(stopped.clock.pendingTimers).toBe(0)
	})
})
