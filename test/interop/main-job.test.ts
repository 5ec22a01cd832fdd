import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../world/test-platform.ts'
import { havePeers } from './peers/find-peer.ts'
import { Kamailio } from './peers/kamailio.ts'
import { sippCall } from './peers/sipp.ts'

const PASSWORD = 'correct horse'

describe.skipIf(!havePeers('kamailio', 'sipp')).each(['udp', 'tcp'] as const)(
	'the main job against Kamailio over %s',
	(transport) => {
		let world: TestPlatform
		let kamailio: Kamailio
		let users = 0

		beforeAll(async () => {
			kamailio = await Kamailio.start({ password: PASSWORD })
			world = await startTestPlatform({ VIGIL_WAKE_SECONDS: '3' })
		})

		afterAll(async () => {
			await world?.close()
			await kamailio?.stop()
		})

		async function sleepingUser(options: Parameters<TestPlatform['tenant']['addPhone']>[1] = {}) {
			const username = `user${++users}${transport}`
			const account = await world.tenant.addAccount({
				username,
				domain: `127.0.0.1:${kamailio.port}`,
				password: PASSWORD,
				transport,
			})
			const phone = await world.tenant.addPhone(account.id, options)
			const handoff = await phone.device.handoff('background')
			expect(handoff.lines).toMatchObject([
				{ holder: 'service', next: 'unregister', registration: { state: 'registered' } },
			])
			return { username, account, phone }
		}

		const outcomeOf = (accountId: string) =>
			until(async () => {
				const [call] = await world.tenant.client.calls(accountId)
				return call?.outcome === undefined ? undefined : world.tenant.client.call(call.id)
			})

		it('wakes the phone, which answers, talks and is hung up', async () => {
			const { username, account, phone } = await sleepingUser()
			const call = await sippCall({ scenario: 'answered', callee: username, serverPort: kamailio.port, transport })
			expect(call.ok, call.output).toBe(true)
			const record = await outcomeOf(account.id)
			expect(record.outcome).toBe('answered')
			const kinds = record.timeline.map((event) => event.kind)
			for (const kind of [
				'invite.received',
				'push.sent',
				'push.accepted',
				'device.attached',
				'invite.forwarded',
				'answered',
				'ended',
			]) {
				expect(kinds).toContain(kind)
			}
			expect(phone.calls).toHaveLength(1)
			expect(phone.calls[0]?.sipCallId).toBe(record.sipCallId)
			await phone.close()
		})

		it('is bound at the SIP server while the phone sleeps and gone after it came back', async () => {
			const { username, phone } = await sleepingUser()
			await expect.poll(() => kamailio.bindingChanges(username)).toMatchObject([{ change: 'saved', transport }])
			const back = await phone.device.handoff('foreground', { registered: true })
			expect(back.lines).toMatchObject([{ holder: 'device', next: 'none' }])
			const changes = () => kamailio.bindingChanges(username).map(({ change }) => change)
			await expect.poll(changes).toEqual(['saved', 'removed'])
			const call = await sippCall({
				scenario: 'refused',
				status: 404,
				callee: username,
				serverPort: kamailio.port,
				transport,
			})
			expect(call.ok, call.output).toBe(true)
		})

		it('lets the caller cancel while the phone wakes', async () => {
			const { username, account, phone } = await sleepingUser({ wakes: false })
			const call = await sippCall({ scenario: 'cancelled', callee: username, serverPort: kamailio.port, transport })
			expect(call.ok, call.output).toBe(true)
			expect(await outcomeOf(account.id)).toMatchObject({ outcome: 'cancelled', finalStatus: 487 })
			// The push had opened a screen: when the phone attaches after all it gets INVITE and CANCEL, and closes it.
			phone.device.receivePush(phone.pushes[0])
			await phone.device.attach()
			await until(() => phone.calls[0]?.state === 'ended')
			const missed = await phone.device.handoff('background')
			expect(missed.missedCalls).toHaveLength(1)
			await phone.close()
		})

		it('passes a decline on to the caller', async () => {
			const { username, account, phone } = await sleepingUser({ user: 'decline' })
			const call = await sippCall({
				scenario: 'refused',
				status: 603,
				callee: username,
				serverPort: kamailio.port,
				transport,
			})
			expect(call.ok, call.output).toBe(true)
			expect(await outcomeOf(account.id)).toMatchObject({ outcome: 'declined', finalStatus: 603 })
			await phone.close()
		})

		it('gives the caller 480 when nobody wakes, and records a missed call', async () => {
			const { username, account, phone } = await sleepingUser({ wakes: false })
			const call = await sippCall({
				scenario: 'refused',
				status: 480,
				callee: username,
				serverPort: kamailio.port,
				transport,
			})
			expect(call.ok, call.output).toBe(true)
			expect(await outcomeOf(account.id)).toMatchObject({ outcome: 'missed', finalStatus: 480 })
			const awake = await phone.device.handoff('foreground', { registered: true })
			expect(awake.missedCalls).toMatchObject([{ accountId: account.id }])
			await phone.close()
		})

		it('stops at a wrong password and says so', async () => {
			const account = await world.tenant.addAccount({
				username: `wrong${transport}`,
				domain: `127.0.0.1:${kamailio.port}`,
				password: 'not this one',
				transport,
			})
			const phone = await world.tenant.addPhone(account.id)
			const handoff = await phone.device.handoff('background')
			expect(handoff.lines).toMatchObject([
				{ registration: { state: 'rejected', reason: 'wrong user name or password' } },
			])
			await phone.device.handoff('background')
			expect(kamailio.challenges(`wrong${transport}`)).toBe(2)
		})
	},
)
