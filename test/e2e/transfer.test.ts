import { type AccountView, parsePushPayload } from '@vigil/contracts'
import { parseNameAddr, parseUri, type SipRequest, tagOf } from '@vigil/sip'
import {
	type IncomingCall,
	type ScriptedCall,
	type ScriptedCaller,
	type ScriptedDialog,
	sampleSdp,
	until,
} from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScriptedPhone } from '../world/scripted-phone.ts'
import { PASSWORD, TestWorld } from '../world/test-world.ts'

const SDP = sampleSdp('192.0.2.2', 42_000)

const OF_A_CALL = /^sip:[a-z2-7]{20}@127\.0\.0\.1:\d+$/

/** An account whose phone is attached; in mode 2 it calls by Vigil as well. */
interface Line {
	readonly account: AccountView
	readonly phone: ScriptedPhone
	readonly uri: string
}

let world: TestWorld
let alice: Line
let bob: Line
let carol: Line
/** Somebody at the same server who has nothing to do with Vigil. */
let desk: { readonly agent: ScriptedCaller; readonly uri: string }

beforeAll(async () => {
	world = await TestWorld.start({}, { recordRoute: true })
	;[alice, bob, carol] = await Promise.all([newLine(), newLine(), newLine()])
	const username = world.newUser()
	const uri = `sip:${username}@${world.domain}`
	const agent = await world.newCaller({ uri, credentials: { username, password: PASSWORD } })
	await agent.register()
	desk = { agent, uri }
})

afterAll(() => world?.close())

async function newLine(): Promise<Line> {
	const account = await world.addAccount({ attributes: { registrationMode: 2 } })
	const phone = await world.addScriptedPhone(account.id)
	await phone.handoff('background')
	await until(() => world.registrar.bindings(account.username).length === 1, { what: 'the binding of the account' })
	await phone.attach()
	return { account, phone, uri: `sip:${account.username}@${world.domain}` }
}

/** The call that an INVITE of that user makes ring. */
function heard(at: { readonly incoming: ScriptedCaller['incoming'] }, from: string, known: number) {
	return at.incoming.waitFor(
		(call) => at.incoming.items.indexOf(call) >= known && (call.invite.headers.get('From') ?? '').includes(from),
		{ what: `a call from ${from}` },
	)
}

async function talk(from: Line, to: Line): Promise<{ call: ScriptedCall; leg: IncomingCall }> {
	const known = to.phone.incoming.items.length
	const call = from.phone.call(to.uri, { body: SDP })
	const leg = await heard(to.phone, from.uri, known)
	await leg.answer(SDP)
	await call.answered()
	return { call, leg }
}

/** How the peer of a dialog is told to take its place (RFC 3891 3: to-tag is the tag of who receives it). */
function replaces({ dialog }: ScriptedDialog, ending = ''): string {
	return `${dialog.callId};to-tag=${dialog.remoteTag};from-tag=${dialog.localTag}${ending}`
}

/** The same dialog as the one who is told knows it. */
function replacedAt({ dialog }: ScriptedDialog, ending = ''): string {
	return `${dialog.callId};to-tag=${dialog.localTag};from-tag=${dialog.remoteTag}${ending}`
}

function referred(refer: SipRequest): { readonly uri: string; readonly replaces: string } {
	const uri = parseUri(parseNameAddr(refer.headers.get('Refer-To') ?? '')?.uri ?? '')
	if (uri?.scheme !== 'sip') throw new Error(`no SIP URI: ${refer.headers.get('Refer-To')}`)
	const [, value = ''] = /Replaces=([^&]*)/.exec(uri.headers ?? '') ?? []
	return { uri: `sip:${uri.user}@${uri.host}:${uri.port}`, replaces: decodeURIComponent(value) }
}

describe('an attended transfer', () => {
	it.each(['the address that was dialled', 'the Contact'])(
		'between three phones behind Vigil, Refer-To being %s',
		async (target) => {
			const first = await talk(alice, bob)
			const second = await talk(alice, carol)
			const { dialog } = second.call.dialog
			const uri = target === 'the Contact' ? dialog.remoteTarget : carol.uri
			const referTo = `<${uri}?Replaces=${encodeURIComponent(replaces(second.call.dialog))}>`
			expect((await first.call.dialog.request('REFER', { headers: [['Refer-To', referTo]] })).status).toBe(200)

			const asked = referred(await first.leg.dialog.requests.waitFor(({ method }) => method === 'REFER'))
			// The Contact of that call, which is not the one that is bound.
			if (target === 'the Contact') expect(asked.uri).toMatch(OF_A_CALL)
			else expect(asked.uri).toBe(carol.uri)
			const [binding] = world.registrar.bindings(carol.account.username)
			expect(asked.uri).not.toBe(binding?.contact)
			const known = carol.phone.incoming.items.length
			const third = bob.phone.call(asked.uri, { body: SDP, headers: [['Replaces', asked.replaces]] })
			const taken = await heard(carol.phone, bob.uri, known)
			expect(taken.invite.headers.get('Replaces')).toBe(replacedAt(second.leg.dialog))

			await taken.answer(SDP)
			await third.answered()
			expect((await second.leg.dialog.bye()).status).toBe(200)
			await second.call.dialog.ended()
			expect((await first.call.bye()).status).toBe(200)
			await first.leg.dialog.ended()
			expect((await third.bye()).status).toBe(200)
			await taken.dialog.ended()
		},
	)

	it('by the SIP server of two calls that one phone has: the server knows its own dialog again', async () => {
		const calls: { call: ScriptedCall; leg: IncomingCall }[] = []
		for (let i = 0; i < 2; i++) {
			const call = world.dial(alice.account.username, { body: SDP })
			const leg = await alice.phone.incoming.waitFor(({ callId }) => callId === call.callId)
			await leg.answer(SDP)
			await call.answered()
			calls.push({ call, leg })
		}
		const [first, second] = calls
		if (!first || !second) throw new Error('no calls')
		const { dialog } = second.leg.dialog
		const referTo = `<${dialog.remoteTarget}?Replaces=${encodeURIComponent(replaces(second.leg.dialog))}>`
		await first.leg.dialog.request('REFER', { headers: [['Refer-To', referTo]] })
		const refer = await first.call.dialog.requests.waitFor(({ method }) => method === 'REFER')
		const asked = referred(refer)
		expect(asked.replaces).toBe(replacedAt(second.call.dialog))
		expect(`<${asked.uri}>`).toBe(world.caller.contact)
		await Promise.all([first.call.bye(), second.call.bye()])
	})

	it('to the phone: the server replaces one of its calls, and only the phone that has it rings', async () => {
		const other = await world.addScriptedPhone(alice.account.id)
		await other.handoff('background')
		await other.attach()
		const call = world.dial(alice.account.username, { body: SDP })
		const leg = await alice.phone.incoming.waitFor(({ callId }) => callId === call.callId)
		await leg.answer(SDP)
		await call.answered()
		const again = world.dial(alice.account.username, { body: SDP, headers: [['Replaces', replaces(call.dialog)]] })
		const taken = await alice.phone.incoming.waitFor(({ callId }) => callId === again.callId)
		expect(taken.invite.headers.get('Replaces')).toBe(replacedAt(leg.dialog))
		await taken.answer(SDP)
		await again.answered()
		expect((await leg.dialog.bye()).status).toBe(200)
		await call.dialog.ended()
		await again.bye()
		const told = other.pushes.map((push) => parsePushPayload(push))
		expect(told.filter((notice) => notice && 'sipCallId' in notice && notice.sipCallId === again.callId)).toEqual([])
		expect(other.incoming.items.map(({ callId }) => callId)).not.toContain(again.callId)
		await other.detach()
	})
})

describe('picking up', () => {
	it('a call that a phone makes while it rings elsewhere (RFC 3891, early-only)', async () => {
		const known = desk.agent.incoming.items.length
		const call = alice.phone.call(desk.uri, { body: SDP, prack: true })
		const leg = await heard(desk.agent, alice.uri, known)
		await leg.ringReliably(180)
		const early = await call.heard(180)

		const rung = alice.phone.incoming.items.length
		const picked = carol.phone.call(alice.uri, {
			body: SDP,
			headers: [['Replaces', replaces(leg.dialog, ';early-only')]],
		})
		const taken = await heard(alice.phone, carol.uri, rung)
		const [callId, tags] = [call.callId, [call.invite.headers.get('From'), early.headers.get('To')]]
		const [own, far] = tags.map((party) => tagOf(party ?? ''))
		expect(taken.invite.headers.get('Replaces')).toBe(`${callId};to-tag=${own};from-tag=${far};early-only`)
		await taken.answer(SDP)
		await picked.answered()
		await call.cancel()
		await leg.cancelled()
		await picked.bye()
	})

	it('tells each side of a call’s state by the names that it knows (RFC 4235)', async () => {
		const { call, leg } = await talk(alice, carol)
		const info = (callId: string, local: string, remote: string) =>
			`<?xml version="1.0"?><dialog-info><dialog id="1" call-id="${callId}" local-tag="${local}" remote-tag="${remote}"/></dialog-info>`
		const { dialog } = call.dialog
		const headers = [
			['Event', 'dialog'],
			['Subscription-State', 'active'],
			['Content-Type', 'application/dialog-info+xml'],
		] as const
		await call.dialog.request('NOTIFY', { headers, body: info(dialog.callId, dialog.localTag, dialog.remoteTag) })
		const { body } = await leg.dialog.requests.waitFor(({ method }) => method === 'NOTIFY')
		const at = leg.dialog.dialog
		expect(Buffer.from(body).toString()).toBe(info(at.callId, at.remoteTag, at.localTag))
		await call.bye()
	})

	it('does not reach a call of another account: its names pass as they are', async () => {
		const { call, leg } = await talk(alice, bob)
		const stolen = replaces(call.dialog)
		const known = desk.agent.incoming.items.length
		const thief = carol.phone.call(desk.uri, { body: SDP, headers: [['Replaces', stolen]] })
		const rung = await heard(desk.agent, carol.uri, known)
		expect(rung.invite.headers.get('Replaces')).toBe(stolen)
		rung.reject(481)
		await thief.final()
		const other = world.dial(bob.account.username, { body: SDP, headers: [['Replaces', stolen]] })
		const asked = await bob.phone.incoming.waitFor(({ callId }) => callId === other.callId)
		expect(asked.invite.headers.get('Replaces')).toBe(stolen)
		asked.reject(481)
		await other.final()
		await call.bye()
		await leg.dialog.ended()
	})
})
