import { until } from '@vigil/testkit'
import { expect } from 'vitest'
import type { RegisterSeen } from '../peers/kamailio-log.ts'
import { sippCall } from '../peers/sipp.ts'
import { isOneRegistration, type RegistrarWorld, statusesOf } from './registrar-world.ts'

type Transport = 'udp' | 'tcp' | 'tls' | 'ws'

/**
 * One registration from its beginning to its end, as the registrar sees it: challenged once and never again, two refreshes
 * with the nonce that is known (two messages each), a call to the phone that sleeps, and the contact removed.
 */
export async function expectWholeLife(
	world: RegistrarWorld,
	username: string,
	transport: Transport,
): Promise<RegisterSeen[]> {
	const { account, phone, line } = await world.user(username, { transport })
	expect(line).toMatchObject({ holder: 'service', registration: { state: 'registered' } })
	expect(statusesOf(await world.registers(username, 200, 1))).toEqual([401, 200])

	const refreshed = await world.registers(username, 200, 3)
	expect(statusesOf(refreshed)).toEqual([401, 200, 200, 200])
	const state = await world.registration(account.id, 'registered')
	expect(state.target).toBe(`${transport}:${world.domain(transport)}`)

	await expectCallAnswered(world, username, account.id)
	expect(phone.calls).toHaveLength(1)

	const back = await phone.device.handoff('foreground', { registered: true })
	expect(back.lines).toMatchObject([{ holder: 'device', next: 'none' }])
	await world.registration(account.id, 'unregistered')
	await world.expectRemoved(username)
	await phone.close()

	const all = await world.answered(username)
	expect(isOneRegistration(all)).toBe(true)
	expect(all.at(-1)).toMatchObject({ expires: 0, status: 200 })
	expectOneNonce(all)
	return all
}

/** One nonce serves all, and its count rises by one each time (RFC 7616 3.4). */
function expectOneNonce([first, ...answered]: readonly RegisterSeen[]): void {
	expect(first?.digest.size).toBe(0)
	expect(new Set(answered.map(({ digest }) => digest.get('nonce'))).size).toBe(1)
	expect(answered.map(({ digest }) => Number.parseInt(digest.get('nc') ?? '', 16))).toEqual(
		answered.map((_, index) => index + 1),
	)
}

async function expectCallAnswered(world: RegistrarWorld, callee: string, accountId: string): Promise<void> {
	const call = await sippCall({ scenario: 'answered', callee, serverPort: world.kamailio.port })
	expect(call.ok, call.output).toBe(true)
	const outcome = await until(async () => (await world.tenant.client.calls(accountId))[0]?.outcome)
	expect(outcome).toBe('answered')
}
