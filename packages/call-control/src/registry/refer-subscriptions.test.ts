import { buildRequest, type Dialog } from '@vigil/sip'
import { VirtualClock } from '@vigil/testkit'
import { expect, it } from 'vitest'
import { ReferSubscriptions } from './refer-subscriptions.ts'

const dialog = (callId: string) => ({ callId, localTag: 'ours', remoteTag: 'theirs' }) as Dialog

function notify(callId: string, state = 'active', event = 'refer;id=2', method = 'NOTIFY') {
	return buildRequest({
		method,
		uri: 'sip:us',
		headers: [
			['From', '<sip:a@b>;tag=theirs'],
			['To', '<sip:c@d>;tag=ours'],
			['Call-ID', callId],
			['CSeq', `3 ${method}`],
			['Event', event],
			['Subscription-State', state],
		],
	})
}

it('the outcome of a transfer is taken after the call, until it is told', () => {
	const subscriptions = new ReferSubscriptions(new VirtualClock())
	expect(subscriptions.take(notify('1'))).toBe(false)
	subscriptions.keep(dialog('1'))
	expect(subscriptions.take(notify('2'))).toBe(false)
	expect(subscriptions.take(notify('1', 'active', 'dialog'))).toBe(false)
	expect(subscriptions.take(notify('1', 'active', 'refer', 'INFO'))).toBe(false)
	expect(subscriptions.take(notify('1'))).toBe(true)
	expect(subscriptions.take(notify('1', 'terminated;reason=noresource'))).toBe(true)
	expect(subscriptions.take(notify('1'))).toBe(false)
})

it('a transfer whose outcome nobody tells is forgotten, and there are only so many', async () => {
	const clock = new VirtualClock()
	const subscriptions = new ReferSubscriptions(clock)
	subscriptions.keep(dialog('old'))
	await clock.advance(180_000)
	expect(subscriptions.take(notify('old'))).toBe(false)
	for (let n = 0; n < 10_001; n++) subscriptions.keep(dialog(`n${n}`))
	expect(subscriptions.size).toBe(10_000)
	expect(subscriptions.take(notify('n0'))).toBe(false)
	expect(subscriptions.take(notify('n10000'))).toBe(true)
})
