import { parsePushPayload } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kindsOf, TestWorld } from '../world/test-world.ts'

// What a Latin-1 `ü` is as text inside: an octet that is no UTF-8.
const UE = '\udcfc'

describe('octets that are no UTF-8, and control characters', () => {
	let world: TestWorld

	beforeAll(async () => {
		// Whoever registers here has answered a challenge whose realm came back as it went out.
		world = await TestWorld.start({}, { realm: `b${UE}ro` })
	})

	afterAll(() => world?.close())

	it.each([
		['a name in Latin-1', `J${UE}rgen`, 'J\ufffdrgen', `J${UE}rgen`],
		['a name with NUL and an escape sequence', 'Bob\0\x1b[2J', 'Bob\ufffd\ufffd[2J', 'Bob  [2J'],
	])(
		'are U+FFFD wherever they leave SIP, and octets reach the phone as they came: %s',
		async (_what, name, shown, passed) => {
			const account = await world.addAccount()
			const phone = await world.addScriptedPhone(account.id)
			await phone.handoff('background')
			const caller = await world.newCaller({ uri: 'sip:bob@pbx.test', displayName: name })
			const callId = `${name}@pbx.test`
			const call = world.dial(account.username, { callId }, caller)
			const leg = await phone.incoming.next()
			expect(leg.callId).toBe(callId)
			expect(leg.invite.headers.get('From')).toContain(`"${passed}" <sip:bob@pbx.test>`)
			const push = parsePushPayload(phone.pushes[0])
			expect(push).toMatchObject({ from: { displayName: shown } })
			// The app tells by it which push the INVITE belongs to.
			expect(push).toMatchObject({ sipCallId: leg.invite.headers.get('X-Push-ID') })
			await call.cancel()
			await call.final()
			const record = await until(async () => {
				const [latest] = await world.tenant.client.calls(account.id)
				const found = latest && (await world.tenant.client.call(latest.id))
				return found && kindsOf(found).includes('ended') && found
			})
			expect(record).toMatchObject({ sipCallId: `${shown}@pbx.test` })
			expect(record.from.displayName).toBe(shown)
			// The queue took the job: nothing else refuses a push here.
			expect(kindsOf(record)).not.toContain('push.refused')
		},
	)

	it('in the words of a refusal are shown as U+FFFD', async () => {
		const account = await world.addAccount()
		world.registrar.reactTo(account.username, { kind: 'refuse', status: 403, reason: `Zugang gesperrt f${UE}r Sie` })
		const phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		const reason = await until(async () => (await world.tenant.client.registration(account.id)).registration.reason)
		expect(reason).toContain('f\ufffdr Sie')
	})
})
