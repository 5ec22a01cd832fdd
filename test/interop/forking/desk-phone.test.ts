import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { sippCall } from '../peers/sipp.ts'
import { sippCallee } from '../peers/sipp-callee.ts'
import { PASSWORD, RegistrarWorld } from '../registrars/registrar-world.ts'

/** Long enough for the phone to be pushed, to attach and to ring. */
const ANSWER_AFTER_MS = 4000
const PATIENCE_MS = 30_000

describe.skipIf(!havePeers('kamailio', 'sipp'))('a call that Kamailio forks to a desk phone and to Vigil', () => {
	let world: RegistrarWorld

	beforeAll(async () => {
		world = await RegistrarWorld.start()
	})

	afterAll(() => world?.close())

	it.each([
		['while the phone rings', true],
		['while the phone sleeps', false],
	])('and that is answered at the desk %s, is missed nowhere', async (_when, wakes) => {
		const username = wakes ? 'deskrings' : 'desksleeps'
		const { account, phone } = await world.user(username, {}, { wakes, user: 'ignore' })
		// Answered before the wake deadline of a phone that sleeps, which would end our branch by itself.
		const answerAfterMs = wakes ? ANSWER_AFTER_MS : 1000
		const desk = await sippCallee(username, PASSWORD, world.kamailio.port, { scenario: 'desk', answerAfterMs })
		const call = await sippCall({ scenario: 'answered', callee: username, serverPort: world.kamailio.port })
		expect(call.ok, call.output).toBe(true)
		const answered = await desk.done
		expect(answered.ok, answered.output).toBe(true)
		expect(phone.pushes).toHaveLength(1)
		if (!wakes) {
			phone.device.receivePush(phone.pushes[0])
			await phone.device.attach()
		}
		await until(() => phone.calls[0]?.end === 'answered-elsewhere', {
			deadlineMs: PATIENCE_MS,
			what: () => `the end of the call; it is ${phone.calls[0]?.state} ${phone.calls[0]?.end}`,
		})
		const [record] = await until(async () => {
			const calls = await world.tenant.client.calls(account.id)
			return calls[0]?.outcome === undefined ? undefined : calls
		})
		expect(record).toMatchObject({ outcome: 'answered-elsewhere', finalStatus: 487 })
		const { timeline } = await world.tenant.client.call(record?.id ?? '')
		const cancelled = timeline.find(({ kind }) => kind === 'cancelled')
		expect(cancelled?.detail).toMatchObject({
			reason: 'answered-elsewhere',
			reasonHeader: expect.stringMatching(/^SIP;\s*cause=200/),
		})
		expect((await phone.device.handoff('background')).missedCalls).toEqual([])
		await phone.close()
	})
})
