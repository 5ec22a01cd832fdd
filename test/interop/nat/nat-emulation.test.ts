import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../peers/find-peer.ts'
import { sippCall } from '../peers/sipp.ts'
import { RegistrarWorld } from '../registrars/registrar-world.ts'

const PRIVATE = /^192\.168\.\d+\.\d+:\d+$/

describe.skipIf(!havePeers('kamailio', 'sipp')).each(['udp', 'tcp'] as const)(
	'an SBC that serves only phones behind NAT, over %s',
	(transport) => {
		let world: RegistrarWorld

		beforeAll(async () => {
			world = await RegistrarWorld.start({ variant: 'nat-strict' })
		})

		afterAll(() => world?.close())

		const setAttributes = (accountId: string, attributes: Record<string, unknown>) =>
			world.tenant.client.request('PUT', `/v1/accounts/${accountId}/attributes`, attributes)

		it('refuses an account, and accepts it as soon as NAT emulation is turned on', async () => {
			const { username, account } = await world.user(`turned${transport}`, { transport })
			expect(await world.registration(account.id, 'rejected')).toMatchObject({ sipStatus: 403 })
			expect(world.kamailio.bindings(username)).toEqual([])
			await setAttributes(account.id, { 'account1Sip.briaPush.NATEmulation': 'true' })
			const { grantedExpiresSeconds } = await world.registration(account.id, 'registered')
			expect(grantedExpiresSeconds).toBe(60)
			const accepted = (await world.registers(username, 200, 1)).filter(
				({ contact, status }) => contact && status === 200,
			)
			expect(accepted).not.toHaveLength(0)
			expect(accepted.every(({ contact }) => PRIVATE.test(hostPortOf(contact)))).toBe(true)
		})

		it('knows it by one private address and one source, in registrations and calls', async () => {
			const attributes = { natEmulation: true }
			const { username, phone, line } = await world.user(`hidden${transport}`, { transport, attributes })
			expect(line).toMatchObject({ holder: 'service', registration: { state: 'registered' } })
			const call = await sippCall({ scenario: 'answered', callee: username, serverPort: world.kamailio.port })
			expect(call.ok, call.output).toBe(true)
			expect(phone.calls).toHaveLength(1)
			const { log } = world.kamailio
			const seen = [
				...log.matchAll(new RegExp(`behind nat user=${username} via=\\[(.*)\\] contact=\\[(.*)\\] source=(\\S+)`, 'g')),
			]
			const contacts = new Set(seen.map(([, , contact = '']) => hostPortOf(contact)))
			const vias = new Set(seen.map(([, via = '']) => /SIP\/2.0\/\w+ ([^;]+);/.exec(via)?.[1]))
			const sources = new Set(seen.map(([, , , source]) => source))
			expect([...contacts]).toEqual([expect.stringMatching(PRIVATE)])
			expect(vias).toEqual(contacts)
			expect(sources.size).toBe(1)
			// The answers within the call: the same contact, from the same source.
			const sipCallId = phone.calls[0]?.sipCallId ?? ''
			const inCall = [...log.matchAll(/private contact in call=(\S+) cseq=(.*) contact=\[(.*)\] source=(\S+)/g)].filter(
				([, callId]) => callId === sipCallId,
			)
			expect(inCall.some(([, , cseq]) => cseq?.endsWith('INVITE'))).toBe(true)
			expect(new Set(inCall.map(([, , , contact = '']) => hostPortOf(contact)))).toEqual(contacts)
			expect(new Set(inCall.map(([, , , , source]) => source))).toEqual(sources)
			await phone.close()
		})

		it('loses the binding when the phone comes back, by the same private contact', async () => {
			const attributes = { natEmulation: true }
			const { username, phone } = await world.user(`back${transport}`, { transport, attributes })
			await phone.device.handoff('foreground', { registered: true })
			await world.expectRemoved(username)
			const [saved, removed] = world.kamailio.bindingChanges(username)
			expect(removed?.change).toBe('removed')
			expect(hostPortOf(removed?.contact ?? '')).toBe(hostPortOf(saved?.contact ?? ''))
			await phone.close()
		})
	},
)

function hostPortOf(contact: string): string {
	return /@([^;>]+)/.exec(contact)?.[1] ?? ''
}
