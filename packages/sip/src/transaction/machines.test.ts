import { describe, expect, it } from 'vitest'
import { request, response } from '../../test/messages.ts'
import { inviteClient } from './invite-client.ts'
import { inviteServer } from './invite-server.ts'
import type { TransactionInput, TransactionMachine, TransactionStep, TransactionTimers } from './machine.ts'
import { nonInviteClient } from './non-invite-client.ts'
import { nonInviteServer } from './non-invite-server.ts'
import { DEFAULT_TIMERS } from './timer-values.ts'

const settings = { timers: DEFAULT_TIMERS, reliable: false }
const invite = request('INVITE')
const options = request('OPTIONS')
const transportError: TransactionInput = { type: 'transport-error' }

function receive(message: ReturnType<typeof response> | typeof invite): TransactionInput {
	return { type: 'receive', message }
}

function send(status: number, to = invite): TransactionInput {
	return { type: 'send', message: response(to, status) }
}

/** Feeds inputs one after the other at the instant 0; tells the last step's effects in short, the phase reached and its timers. */
function run<State extends TransactionTimers & { readonly phase: string }>(
	machine: TransactionMachine<State>,
	first: TransactionStep<State>,
	...inputs: TransactionInput[]
) {
	let last = first
	for (const input of inputs) last = machine.step(last.state, input, 0)
	const effects = last.effects.map((effect) => {
		if (effect.type === 'transmit' || effect.type === 'deliver') {
			const { message } = effect
			return `${effect.type} ${message.kind === 'request' ? message.method : message.status}`
		}
		return effect.type === 'failed' ? `failed ${effect.cause}` : effect.type
	})
	const { phase, running } = last.state
	return { phase, effects, timers: Object.entries(running).map(([name, atMs]) => `${name} ${atMs}`) }
}

describe('INVITE client', () => {
	const start = () => inviteClient.start(invite, settings, 0)
	const play = (...inputs: TransactionInput[]) => run(inviteClient, start(), ...inputs)

	it('begins by sending and by starting A and B', () => {
		expect(play()).toEqual({ phase: 'calling', effects: ['transmit INVITE'], timers: ['A 500', 'B 32000'] })
	})

	it('stops both timers at the first provisional response, and delivers every one', () => {
		expect(play(receive(response(invite, 100)))).toEqual({
			phase: 'proceeding',
			effects: ['deliver 100'],
			timers: [],
		})
		const second = play(receive(response(invite, 100)), receive(response(invite, 180)))
		expect(second).toEqual({ phase: 'proceeding', effects: ['deliver 180'], timers: [] })
	})

	it('acknowledges a refusal, and each copy of it without telling its user', () => {
		const refusal = receive(response(invite, 486))
		expect(play(refusal)).toMatchObject({ effects: ['transmit ACK', 'deliver 486'], timers: ['D 32000'] })
		expect(play(refusal, refusal)).toMatchObject({ phase: 'completed', effects: ['transmit ACK'] })
	})

	it('leaves the ACK of a 2xx to its user and delivers copies and forked 2xx too', () => {
		const success = receive(response(invite, 200))
		expect(play(success)).toMatchObject({ effects: ['deliver 200'], timers: ['M 32000'] })
		expect(play(success, success)).toMatchObject({ phase: 'accepted', effects: ['deliver 200'] })
	})

	it('ignores what comes too late: refusals after a 2xx, provisional responses after a refusal', () => {
		expect(play(receive(response(invite, 200)), receive(response(invite, 486))).effects).toEqual([])
		expect(play(receive(response(invite, 486)), receive(response(invite, 180))).effects).toEqual([])
		expect(play(receive(response(invite, 486)), receive(response(invite, 200))).effects).toEqual([])
	})

	it('fails when the transport does, unless its user has the answer already', () => {
		expect(play(transportError)).toMatchObject({ effects: ['failed transport', 'terminated'], timers: [] })
		expect(play(receive(response(invite, 180)), transportError).effects).toEqual(['failed transport', 'terminated'])
		expect(play(receive(response(invite, 486)), transportError).effects).toEqual(['terminated'])
		expect(play(receive(response(invite, 200)), transportError)).toMatchObject({ phase: 'accepted', effects: [] })
	})

	it('ignores timers that do not run, requests, and everything after its end', () => {
		const due = { type: 'due' } as const
		expect(play(due)).toMatchObject({ phase: 'calling', effects: [] })
		expect(play(receive(response(invite, 180)), due)).toMatchObject({ phase: 'proceeding', effects: [] })
		expect(play(receive(invite)).effects).toEqual([])
		expect(play(send(200)).effects).toEqual([])
		expect(play(transportError, receive(response(invite, 200)))).toMatchObject({ phase: 'terminated', effects: [] })
	})
})

describe('non-INVITE client', () => {
	const play = (...inputs: TransactionInput[]) =>
		run(nonInviteClient, nonInviteClient.start(options, settings, 0), ...inputs)
	const success = receive(response(options, 200))

	it('delivers provisional responses and one final one', () => {
		expect(play(receive(response(options, 100)))).toEqual({
			phase: 'proceeding',
			effects: ['deliver 100'],
			timers: ['E 500', 'F 32000'],
		})
		expect(play(success)).toMatchObject({ effects: ['deliver 200'], timers: ['K 5000'] })
		expect(play(success, success)).toMatchObject({ phase: 'completed', effects: [] })
	})

	it('times out while proceeding too', () => {
		const { state } = nonInviteClient.step(
			nonInviteClient.start(options, settings, 0).state,
			receive(response(options, 100)),
			0,
		)
		// Woken late: what is over first fires first, and the other one right after it.
		const repeated = nonInviteClient.step(state, { type: 'due' }, 40_000)
		expect(repeated.effects.map(({ type }) => type)).toEqual(['transmit'])
		expect(repeated.state.dueAtMs).toBe(32_000)
		const over = nonInviteClient.step(repeated.state, { type: 'due' }, 40_000)
		expect(over.effects.map(({ type }) => type)).toEqual(['failed', 'terminated'])
	})

	it('fails when the transport does', () => {
		expect(play(transportError).effects).toContain('failed transport')
		expect(play(success, transportError)).toMatchObject({ phase: 'completed', effects: [] })
		expect(play(receive(options)).effects).toEqual([])
	})
})

describe('INVITE server', () => {
	const play = (...inputs: TransactionInput[]) => run(inviteServer, inviteServer.start(invite, settings, 0), ...inputs)

	it('can answer 100 at once, and repeats it for copies of the INVITE', () => {
		const first = inviteServer.start(invite, { ...settings, trying: response(invite, 100) }, 0)
		expect(run(inviteServer, first).effects).toEqual(['transmit 100', 'deliver INVITE'])
		expect(run(inviteServer, first, receive(invite)).effects).toEqual(['transmit 100'])
	})

	it('drops copies of the INVITE while it has nothing to repeat, then repeats the last response', () => {
		expect(play(receive(invite)).effects).toEqual([])
		expect(play(send(180), send(183), receive(invite)).effects).toEqual(['transmit 183'])
	})

	it('repeats a refusal for copies of the INVITE, until the ACK', () => {
		expect(play(send(486))).toMatchObject({ effects: ['transmit 486'], timers: ['G 500', 'H 32000'] })
		expect(play(send(486), receive(invite)).effects).toEqual(['transmit 486'])
		expect(play(send(486), receive(request('ACK')))).toEqual({
			phase: 'confirmed',
			effects: [],
			timers: ['I 5000'],
		})
		expect(play(send(486), receive(request('ACK')), receive(request('ACK'))).effects).toEqual([])
	})

	it('absorbs copies of the INVITE after a 2xx, sends further 2xx, passes the ACK up', () => {
		expect(play(send(200))).toMatchObject({ effects: ['transmit 200'], timers: ['L 32000'] })
		expect(play(send(200), receive(invite)).effects).toEqual([])
		expect(play(send(200), send(200)).effects).toEqual(['transmit 200'])
		expect(play(send(200), receive(request('ACK'))).effects).toEqual(['deliver ACK'])
	})

	it('drops a second answer of another kind', () => {
		expect(play(send(486), send(200)).effects).toEqual([])
		expect(play(send(200), send(486)).effects).toEqual([])
		expect(play(send(200), send(180)).effects).toEqual([])
	})

	it('reports a transport error and stays where it is', () => {
		for (const inputs of [[], [send(486)], [send(200)]]) {
			const { phase } = play(...inputs)
			expect(play(...inputs, transportError)).toMatchObject({ phase, effects: ['failed transport'] })
		}
	})
})

describe('non-INVITE server', () => {
	const play = (...inputs: TransactionInput[]) =>
		run(nonInviteServer, nonInviteServer.start(options, settings, 0), ...inputs)

	it('drops copies while trying, then repeats the last response', () => {
		expect(play(receive(options)).effects).toEqual([])
		expect(play(send(100, options), receive(options)).effects).toEqual(['transmit 100'])
		expect(play(send(200, options), receive(options)).effects).toEqual(['transmit 200'])
	})

	it('drops a second final response', () => {
		expect(play(send(200, options), send(500, options)).effects).toEqual([])
	})

	it('ends with the transport', () => {
		expect(play(transportError)).toMatchObject({ phase: 'terminated', effects: ['failed transport', 'terminated'] })
		expect(play(send(200, options), transportError).phase).toBe('terminated')
	})
})
