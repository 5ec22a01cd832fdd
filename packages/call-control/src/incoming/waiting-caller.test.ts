import { buildRequest, buildResponse, type HeaderPair, type SipResponse } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { WaitingCaller } from './waiting-caller.ts'

function waiting(headers: readonly HeaderPair[] = []) {
	const clock = new VirtualClock()
	const request = buildRequest({
		method: 'INVITE',
		uri: 'sip:token@us',
		headers: [['To', '<sip:alice@pbx.test>'], ...headers],
	})
	const heard: SipResponse[] = []
	const invite = { request, flow: {} as Flow, respond: (response: SipResponse) => heard.push(response) }
	const caller = new WaitingCaller({ invite, localTag: 'ours', contact: '<sip:token@us>', clock })
	caller.start()
	const say = (status: number, more: readonly HeaderPair[] = []) =>
		caller.invite.respond(buildResponse(request, status, undefined, { toTag: 'ours', headers: more }))
	return { clock, caller, say, statuses: () => heard.map(({ status }) => status), heard }
}

describe('a caller who waits', () => {
	it('hears every minute that the call is queued, then what it heard last', async () => {
		const { clock, say, statuses, heard } = waiting()
		say(100)
		await clock.advance(120_000)
		expect(statuses()).toEqual([100, 182, 182])
		expect(heard.at(-1)?.headers.get('To')).toBe('<sip:alice@pbx.test>;tag=ours')
		say(183)
		await clock.advance(60_000)
		expect(statuses()).toEqual([100, 182, 182, 183, 183])
	})

	it('hears nothing more after the final answer', async () => {
		const { clock, say, statuses } = waiting()
		say(180)
		say(200)
		await clock.advance(300_000)
		expect(statuses()).toEqual([180, 200])
		expect(clock.pendingTimers).toBe(0)
	})

	it('hears nothing unreliable in the place of what is reliable', async () => {
		const required = waiting([['Require', '100rel']])
		await required.clock.advance(60_000)
		expect(required.statuses()).toEqual([])
		const reliable = waiting()
		reliable.say(183, [
			['Require', '100rel'],
			['RSeq', '7'],
		])
		await reliable.clock.advance(60_000)
		expect(reliable.statuses()).toEqual([183])
	})
})
