import type { PushAttempt, PushOutcome } from '@vigil/domain'
import { startApnsServer, startFcmServer, VirtualClock } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import {
	ACCESS_TOKEN,
	apnsSettings,
	callAttempt,
	fcmSettings,
	publicKey,
	pushApp,
	SIGNING_KEY,
} from '../test/attempts.ts'
import { type AppSender, UnusablePushAppError } from './app-sender.ts'
import { PushSenderPool } from './push-sender-pool.ts'

const ACCEPTED: PushOutcome = { kind: 'accepted' }
const secret = async () => ({ secret: SIGNING_KEY })

class FakeSender implements AppSender {
	readonly sent: PushAttempt[] = []
	readonly version: number
	response: Promise<PushOutcome> = Promise.resolve(ACCEPTED)
	closed = 0

	constructor(version: number) {
		this.version = version
	}

	send(attempt: PushAttempt): Promise<PushOutcome> {
		this.sent.push(attempt)
		return this.response
	}

	async close(): Promise<void> {
		this.closed++
	}
}

function fakePool() {
	const clock = new VirtualClock()
	const made: FakeSender[] = []
	const makeSender = (app: { version: number }) => {
		const sender = new FakeSender(app.version)
		made.push(sender)
		return sender
	}
	const pool = new PushSenderPool({ clock, makeSender, idleMs: 60_000 })
	const attempt = () => callAttempt('voip', { deadlineMs: clock.now() + 10_000 })
	const send = (version = 1) => pool.send(pushApp(apnsSettings(), version), secret, attempt())
	return { clock, made, pool, attempt, send }
}

describe('PushSenderPool', () => {
	it.each([3_600_000, -3_600_000])('reads deadlines in the time of the wall clock, set by %i ms', async (byMs) => {
		const { clock, pool, made } = fakePool()
		clock.stepWall(byMs)
		const until = (deadlineMs: number) =>
			pool.send(pushApp(apnsSettings(), 1), secret, callAttempt('voip', { deadlineMs }))
		expect(await until(clock.wall() + 10_000)).toEqual(ACCEPTED)
		expect((await until(clock.wall() - 1)).kind).toBe('expired')
		expect(made[0]?.sent).toHaveLength(1)
	})

	it('makes one sender per app and keeps it', async () => {
		const { made, pool, send } = fakePool()
		expect(await Promise.all([send(), send(), send()])).toEqual([ACCEPTED, ACCEPTED, ACCEPTED])
		expect(made).toHaveLength(1)
		expect(pool.size).toBe(1)
	})

	it('changes to a new sender with the version; the old one finishes first', async () => {
		const { made, send } = fakePool()
		await send(1)
		const slow = Promise.withResolvers<PushOutcome>()
		const old = made[0] as FakeSender
		old.response = slow.promise
		const underWay = send(1)
		expect(await send(2)).toEqual(ACCEPTED)
		expect(made.map(({ version }) => version)).toEqual([1, 2])
		expect(old.closed).toBe(0)
		slow.resolve({ kind: 'retry' })
		expect(await underWay).toEqual({ kind: 'retry' })
		await Promise.resolve()
		expect(old.closed).toBe(1)
	})

	it('serves a job that still has the old version with the new sender', async () => {
		const { made, send } = fakePool()
		await send(2)
		await send(1)
		expect(made.map(({ version, sent }) => [version, sent.length])).toEqual([[2, 2]])
	})

	it('closes senders that were not used for a while', async () => {
		const { clock, made, pool, send } = fakePool()
		await send()
		await clock.advance(50_000)
		await send()
		await clock.advance(50_000)
		expect(pool.size).toBe(1)
		await clock.advance(70_000)
		expect(pool.size).toBe(0)
		expect(made[0]?.closed).toBe(1)
		expect(clock.pendingTimers).toBe(0)
	})

	it('sends nothing after the deadline and waits no longer than that', async () => {
		const { clock, made, pool, attempt, send } = fakePool()
		const late = { ...attempt(), deadlineMs: clock.now() }
		expect(await pool.send(pushApp(apnsSettings()), secret, late)).toMatchObject({ kind: 'expired' })
		expect(made).toEqual([])
		await send()
		;(made[0] as FakeSender).response = new Promise(() => {})
		const hanging = send()
		await clock.advance(10_000)
		expect(await hanging).toMatchObject({ kind: 'expired' })
	})

	it('tells apart what the tenant must mend and what may pass, and tries anew each time', async () => {
		let failure: Error = new UnusablePushAppError('the signing key is broken')
		const makeSender = () => {
			throw failure
		}
		const pool = new PushSenderPool({ makeSender })
		const send = () => pool.send(pushApp(apnsSettings()), secret, callAttempt('voip'))
		expect(await send()).toEqual({ kind: 'misconfigured', reason: 'the signing key is broken' })
		failure = new Error(`database said ${SIGNING_KEY.reveal()}`)
		expect(await send()).toEqual({ kind: 'retry', reason: 'the credential of the push app cannot be read' })
		expect(pool.size).toBe(0)
		await pool.close()
	})

	it('sends nothing once it is closed', async () => {
		const { clock, made, pool, send } = fakePool()
		await send()
		await pool.close()
		expect(made[0]?.closed).toBe(1)
		expect(await send()).toMatchObject({ kind: 'retry' })
		expect(clock.pendingTimers).toBe(0)
	})

	describe('with the providers', () => {
		const closing: { close(): Promise<void> }[] = []

		afterEach(async () => {
			await Promise.all(closing.splice(0).map((one) => one.close()))
		})

		it('sends to APNs and to FCM as the app says', async () => {
			const [apns, fcm] = await Promise.all([startApnsServer({ publicKey }), startFcmServer()])
			const pool = new PushSenderPool()
			closing.push(pool, apns, fcm)
			const apnsApp = pushApp(apnsSettings({ endpoint: apns.endpoint, endpointCa: apns.ca }))
			const fcmApp = {
				...pushApp(fcmSettings({ endpoint: fcm.endpoint, endpointCa: fcm.ca })),
				id: 'app-2' as typeof apnsApp.id,
			}
			const outcomes = await Promise.all([
				pool.send(apnsApp, secret, callAttempt('voip')),
				pool.send(fcmApp, async () => ({ secret: ACCESS_TOKEN }), callAttempt('fcm')),
			])
			expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'accepted'])
			expect([apns.accepted.length, fcm.accepted.length]).toEqual([1, 1])
		})
	})
})
