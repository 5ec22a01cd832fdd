import { describe, expect, it } from 'vitest'
import { type JobName, jobCatalog, type PushJob, pushJobSchema } from './jobs.ts'

const call: PushJob = {
	intent: 'call',
	pushId: 'push-1',
	tenantId: 'tenant-1',
	accountId: 'account-1',
	deviceId: 'device-1',
	callId: 'call-1',
	sipCallId: 'abc@upstream',
	from: { uri: 'sip:bob@example.com', displayName: 'Bob' },
	to: 'sip:alice@example.com',
	enqueuedAtMs: 1_767_225_600_000.25,
	deadlineMs: 1_767_225_630_000,
}

describe('push job', () => {
	it('survives the way through JSON unchanged', () => {
		expect(pushJobSchema.parse(JSON.parse(JSON.stringify(call)))).toEqual(call)
	})

	it('carries the call with both call intents and nothing of it with a test', () => {
		const { intent: _intent, callId: _callId, ...withoutCall } = call
		expect(pushJobSchema.safeParse({ ...withoutCall, intent: 'call' }).success).toBe(false)
		expect(pushJobSchema.safeParse({ ...withoutCall, intent: 'call-cancelled' }).success).toBe(false)
		expect(pushJobSchema.safeParse({ ...withoutCall, intent: 'test' }).success).toBe(true)
		expect(pushJobSchema.safeParse({ ...withoutCall, intent: 'refresh' }).success).toBe(true)
		expect(pushJobSchema.safeParse({ ...call, intent: 'reboot' }).success).toBe(false)
	})

	it('has a deadline', () => {
		expect(pushJobSchema.safeParse({ ...call, deadlineMs: undefined }).success).toBe(false)
		expect(pushJobSchema.safeParse({ ...call, deadlineMs: -1 }).success).toBe(false)
	})
})

describe('job catalog', () => {
	it.each(Object.keys(jobCatalog) as JobName[])('promises at least one run and a bounded history for %s', (name) => {
		const definition = jobCatalog[name]
		expect(definition.attempts).toBeGreaterThanOrEqual(1)
		for (const { age, count } of [definition.removeOnComplete, definition.removeOnFail]) {
			expect(count).toBeGreaterThan(0)
			expect(age).toBeLessThanOrEqual(3600)
		}
	})
})
