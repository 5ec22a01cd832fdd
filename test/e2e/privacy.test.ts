import { until } from '@vigil/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ScriptedPhone } from '../world/scripted-phone.ts'
import { TestWorld } from '../world/test-world.ts'

const NUMBER = '+15550001234'

let world: TestWorld
let phone: ScriptedPhone
let accountId: string
let username: string

beforeAll(async () => {
	world = await TestWorld.start()
	const account = await world.addAccount()
	accountId = account.id
	username = account.username
	phone = await world.addScriptedPhone(account.id)
	await phone.handoff('background')
})

afterAll(() => world?.close())

/** Everything that says who called: the phone's INVITE, its push, the record. */
async function shown(privacy: string): Promise<string> {
	const caller = await world.newCaller({ uri: `sip:${NUMBER}@pbx.test`, displayName: 'Bob' })
	const known = phone.pushes.length
	const headers = [
		['Privacy', privacy],
		['P-Asserted-Identity', `<tel:${NUMBER}>`],
		['Remote-Party-ID', `<sip:${NUMBER}@pbx.test>;party=calling;privacy=full`],
		['Diversion', `<sip:${NUMBER}@pbx.test>`],
		['History-Info', `<sip:${NUMBER}@pbx.test>;index=1`],
	] as const
	const call = world.dial(username, { headers }, caller)
	const leg = await phone.incoming.waitFor(({ callId }) => callId === call.callId)
	await until(() => phone.pushes.length > known, { what: 'the push' })
	await call.cancel()
	const { timeline: _timeline, ...record } = await world.recordOf(call, accountId)
	const fields = [...leg.invite.headers].map(({ name, value }) => `${name}: ${value}`)
	return [...fields, JSON.stringify(phone.pushes.at(-1)), JSON.stringify(record)].join('\n')
}

it('keeps the asserted number from the phone where the caller asks for that', async () => {
	const id = await shown('id')
	expect(id.match(/P-Asserted|Remote-Party|Diversion|History-Info/g)).toBeNull()
	// Privacy `id` is about what the network asserts: From is the caller's own word.
	expect(id).toContain(`From: "Bob" <sip:${NUMBER}@pbx.test>`)
})

it('shows nobody where the caller asks for user privacy: neither INVITE nor push nor record has the number', async () => {
	const user = await shown('user;id')
	expect(user).not.toContain(NUMBER)
	expect(user).toContain('anonymous.invalid')
})

it('shows them where nothing is asked for', async () => {
	const open = await shown('none')
	expect(open).toContain(`P-Asserted-Identity: <tel:${NUMBER}>`)
	expect(open).not.toContain('Remote-Party-ID')
})
