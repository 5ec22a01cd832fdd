import { buildResponse, inDialogRequest, type SipRequest, type SipResponse, uasDialog } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { TwoLines } from '../../test/two-lines.ts'

const statuses = (answers: readonly { readonly status: number }[]) => answers.map(({ status }) => status)

/** The phone answers the INVITE that it got; gives its BYE. */
async function answered(world: TwoLines, heard: readonly SipResponse[]): Promise<SipRequest> {
	await world.clock.advance(1)
	const { request, listener } = world.sent.phone.at(-1) ?? expect.unreachable()
	const contact = ['Contact', '<sip:phone@10.0.0.9>'] as const
	const response = buildResponse(request, 200, undefined, { toTag: 'phone', headers: [contact] })
	listener.onResponse(response, {} as never)
	world.acknowledge(heard)
	await world.clock.advance(1)
	const dialog = uasDialog(request, response) ?? expect.unreachable()
	return inDialogRequest(dialog, 'BYE', { headers: [['Via', 'SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK3']] }).request
}

describe('two kinds of targets', () => {
	it('have a call each of an INVITE that was forked to both, and one of each copy', () => {
		const world = new TwoLines()
		expect(statuses(world.call('account'))).toEqual([100])
		expect(statuses(world.call('gateway'))).toEqual([100])
		expect(statuses(world.call('gateway'))).toEqual([482])
		expect(world.registry.size).toBe(2)
		expect(world.begun.map(({ accountId }) => accountId)).toEqual(['account', 'gateway'])
	})

	it('ring the same phone, each under its own name', async () => {
		const world = new TwoLines()
		world.call('account')
		world.call('gateway')
		await world.clock.advance(1)
		const called = world.sent.phone.map(({ request }) => request.headers.get('To'))
		expect(called).toEqual(['<sip:account@pbx.example>', '<sip:gateway@pbx.example>'])
	})

	it.each(['account', 'gateway'] as const)(
		'send what the phone says in a call of the %s by its own side',
		async (user) => {
			const world = new TwoLines()
			const heard = world.call(user)
			const bye = await answered(world, heard)
			world.phoneSends(bye)
			await world.clock.advance(1)
			const sent = { ...world.sent, phone: [] }
			const methods = Object.entries(sent).map(([side, all]) => [side, all.map(({ request }) => request.method)])
			expect(Object.fromEntries(methods)).toMatchObject({ phone: [], account: [], gateway: [], [user]: ['BYE'] })
		},
	)

	it('are none for whom nobody knows', () => {
		const world = new TwoLines()
		expect(statuses(world.call('stranger'))).toEqual([404])
		expect(world.registry.size).toBe(0)
	})
})
