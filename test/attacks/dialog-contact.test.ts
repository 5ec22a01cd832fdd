import { type HeaderPair, parseNameAddr, type SipRequest } from '@vigil/sip'
import { type IncomingCall, type ScriptedCall, type ScriptedCaller, sampleSdp, until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScriptedPhone } from '../world/scripted-phone.ts'
import { TestWorld } from '../world/test-world.ts'

const SDP = sampleSdp('192.0.2.2', 42_000)

/** All of a call that its other end sees. */
interface Seen {
	readonly contact: string
	readonly callId: string
	readonly fromTag: string
	readonly toTag: string
}

describe('a stranger with the Contact of a dialog', () => {
	let world: TestWorld
	let username: string
	let phone: ScriptedPhone
	/** From an address of its own, directly at our port. */
	let stranger: ScriptedCaller
	/** The same by the SIP server, as a user of it. */
	let guest: ScriptedCaller

	beforeAll(async () => {
		world = await TestWorld.start()
		const account = await world.addAccount()
		username = account.username
		phone = await world.addScriptedPhone(account.id)
		await phone.handoff('background')
		await phone.attach()
		const server = { host: '127.0.0.1', port: world.platform.addresses.upstreamPort, transport: 'udp' } as const
		stranger = await world.newCaller({ host: '127.0.0.9', server })
		guest = await world.newCaller({ host: '127.0.0.9' })
	})

	afterAll(() => world?.close())

	async function talk(): Promise<{ call: ScriptedCall; leg: IncomingCall; seen: Seen }> {
		const pushes = phone.pushes.length
		const call = world.dial(username, { body: SDP })
		const leg = await phone.incoming.waitFor(({ callId }) => callId === call.callId)
		await until(() => phone.pushes.length > pushes, { what: 'the push of the call' })
		await leg.answer(SDP)
		await call.answered()
		const { dialog } = call.dialog
		const { callId, localTag: fromTag, remoteTag: toTag, remoteTarget: contact } = dialog
		return { call, leg, seen: { contact, callId, fromTag, toTag } }
	}

	/** Every way that somebody may think of to make the account ring by what was seen; gives how each was answered. */
	async function tryAll({ contact, callId, fromTag, toTag }: Seen): Promise<Record<string, number>> {
		const to = `sip:${username}@pbx.test`
		const replaces = (first: string, second: string): HeaderPair[] => [
			['Replaces', `${callId};to-tag=${first};from-tag=${second}`],
		]
		const attempts: Record<string, Parameters<ScriptedCaller['invite']>[1]> = {
			'as it is': {},
			'to the account': { toUri: to },
			'with the dialog’s names': { callId, fromTag, toUri: to, seq: 99 },
			'in place of the caller': { toUri: to, headers: replaces(toTag, fromTag) },
			'in place of the phone': { toUri: to, headers: replaces(fromTag, toTag) },
			'to join': { toUri: to, headers: [['Join', `${callId};to-tag=${toTag};from-tag=${fromTag}`]] },
		}
		const statuses: Record<string, number> = {}
		for (const [way, options] of Object.entries(attempts)) {
			statuses[way] = (await stranger.invite(contact, options).final()).status
			statuses[`${way}, in capitals`] = (await stranger.invite(contact.toUpperCase(), options).final()).status
		}
		for (const way of ['as it is', 'to the account', 'with the dialog’s names', 'to join'])
			statuses[`${way}, by the server`] = (await guest.invite(contact, attempts[way]).final()).status
		for (const method of ['OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'REFER'])
			statuses[method] = (await stranger.send(method, contact)).status
		return statuses
	}

	function invites(): SipRequest[] {
		return phone.incoming.items.map(({ invite }) => invite)
	}

	it('makes no second call ring while the call is up', async () => {
		const { call, seen } = await talk()
		const before = [invites().length, phone.pushes.length]
		expect([...new Set(Object.values(await tryAll(seen)))]).toEqual([404])
		expect([invites().length, phone.pushes.length]).toEqual(before)
		expect((await call.bye()).status).toBe(200)
	})

	it('does not reach the account when the call is over', async () => {
		const { call, leg, seen } = await talk()
		await call.bye()
		await leg.dialog.ended()
		const before = [invites().length, phone.pushes.length]
		expect([...new Set(Object.values(await tryAll(seen)))]).toEqual([404])
		expect([invites().length, phone.pushes.length]).toEqual(before)
	})

	it('learns no other address than that of the one call', async () => {
		const calls = [await talk(), await talk()]
		const contacts = calls.map(({ seen }) => seen.contact)
		expect(new Set([...contacts, world.registrar.bindings(username)[0]?.contact]).size).toBe(3)
		for (const { call } of calls) await call.bye()
	})

	it('of a call that rang and was given up, neither', async () => {
		const call = world.dial(username, { body: SDP })
		const leg = await phone.incoming.waitFor(({ callId }) => callId === call.callId)
		leg.ring()
		const contact = parseNameAddr((await call.heard(180)).headers.get('Contact') ?? '')?.uri ?? ''
		const before = invites().length
		expect((await stranger.invite(contact, { toUri: `sip:${username}@pbx.test` }).final()).status).toBe(404)
		await call.cancel()
		await leg.cancelled()
		expect((await stranger.invite(contact).final()).status).toBe(404)
		expect(invites().length).toBe(before)
	})
})
