import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../../world/test-platform.ts'
import { havePeers } from '../peers/find-peer.ts'
import { sippCall } from '../peers/sipp.ts'
import { type Mode, ModeWorld } from './mode-world.ts'

const LIMIT_MS = 120_000
/** The least that the API takes. */
const LEASE_SECONDS = 15
/** Of the killed app's own binding; mode 1 must wait until it has run out. */
const SOFTPHONE_EXPIRES_SECONDS = 20

describe.skipIf(!havePeers('kamailio', 'sipp', 'baresip'))('an app that is killed in the foreground', () => {
	let platform: TestPlatform

	beforeAll(async () => {
		platform = await startTestPlatform()
	})

	afterAll(() => platform?.close())

	async function theNextCallRingsByPush(mode: Mode): Promise<void> {
		const world = await ModeWorld.start({
			mode,
			platform,
			leaseSeconds: LEASE_SECONDS,
			softphoneExpiresSeconds: SOFTPHONE_EXPIRES_SECONDS,
		})
		try {
			const { phone, softphone, app, username, kamailio } = world
			await app.toForeground()
			await softphone.kill()
			phone.takeBack()
			const { deviceId } = phone.device.identity
			await until(async () => (await platform.tenant.client.device(deviceId)).activity === 'terminated', {
				deadlineMs: 2000 * LEASE_SECONDS,
				what: 'the end of the lease',
			})
			await until(() => world.isServiceBound, { deadlineMs: LIMIT_MS / 2, what: 'the service to be bound' })
			const call = await sippCall({ scenario: 'answered', callee: username, serverPort: kamailio.port })
			expect(call.ok, call.output).toBe(true)
			expect(phone.rung.size).toBe(1)
		} finally {
			await world.close()
		}
	}

	// What takes its time here is waiting, so all wait together.
	it(
		'is called by push once its lease has lapsed, in every mode',
		async () => {
			const modes = [0, 1, 2, 3] as const
			const outcomes = await Promise.allSettled(modes.map(theNextCallRingsByPush))
			const failures = outcomes.flatMap((outcome, mode) =>
				outcome.status === 'rejected' ? [`mode ${mode}: ${String(outcome.reason)}`] : [],
			)
			expect(failures).toEqual([])
		},
		LIMIT_MS,
	)
})
