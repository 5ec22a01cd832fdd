import { describe, expect, it } from 'vitest'
import { type SignalPayload, type SignalTopic, signalCatalog } from './signals.ts'

const examples: { [Topic in SignalTopic]: SignalPayload<Topic> } = {
	'account.changed': { accountId: 'a' },
	'registration.changed': { accountId: 'a', state: 'failing', reason: '503 from the registrar', atMs: 1.5 },
	'device.attached': { deviceId: 'd', bindingId: 'b', route: 'sip:edge;lr', contact: 'sip:x@10.0.0.1', atMs: 1 },
	'device.detached': { deviceId: 'd', bindingId: 'b' },
	'pushapp.changed': { pushAppId: 'app-1' },
	'device.changed': { deviceId: 'd' },
	'tenant.changed': { tenantId: 't' },
	'push.outcome': { callId: 'c', deviceId: 'd', pushId: 'p', outcome: 'dead-token', reason: '410 Unregistered' },
	'call.declined': { callId: 'c', deviceId: 'd' },
	'probe.asked': { accountId: 'a', probeId: 'p', force: false },
	'probe.done': { probeId: 'p', error: 'did not answer' },
}

describe('signal catalog', () => {
	it.each(Object.entries(examples))('%s survives the way through JSON unchanged', (topic, payload) => {
		expect(signalCatalog[topic as SignalTopic].parse(JSON.parse(JSON.stringify(payload)))).toEqual(payload)
	})

	it.each(Object.keys(examples))('%s refuses an empty payload', (topic) => {
		expect(signalCatalog[topic as SignalTopic].safeParse({}).success).toBe(false)
	})

	it('names topics by dot-separated words, which is what the relay routes by', () => {
		expect(Object.keys(signalCatalog).every((topic) => /^[a-z]+(\.[a-z]+)+$/.test(topic))).toBe(true)
	})
})
