import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Fate, fates, LossyPath } from '../../test/lossy-network.ts'
import { request, response } from '../../test/messages.ts'
import { check } from '../../test/property.ts'
import { TransactionHost } from '../../test/transaction-host.ts'
import { VirtualTime } from '../../test/virtual-time.ts'
import type { SipMessage, SipRequest } from '../message/message.ts'
import { inviteClient } from './invite-client.ts'
import { inviteServer } from './invite-server.ts'
import type { TransactionMachine, TransactionTimers } from './machine.ts'
import { nonInviteClient } from './non-invite-client.ts'
import { nonInviteServer } from './non-invite-server.ts'
import { DEFAULT_TIMERS } from './timer-values.ts'

/** What the server's user does with the request: an answer after each delay, milliseconds. */
type Script = readonly { readonly delayMs: number; readonly status: number }[]

interface Scene {
	readonly method: 'INVITE' | 'OPTIONS'
	readonly reliable: boolean
	readonly script: Script
	readonly there: readonly Fate[]
	readonly back: readonly Fate[]
}

interface AnyState extends TransactionTimers {
	readonly phase: string
	readonly request: SipRequest
}
type AnyMachine = TransactionMachine<AnyState>

const REPEATS_OF_2XX = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]

function isSuccess(status: number): boolean {
	return status >= 200 && status < 300
}

/** True when every 2xx was lost after a provisional response: only the user of an INVITE can give up then (by CANCEL, 9.1). */
function waitsForLostSuccess(scene: Scene, phase: string): boolean {
	const last = scene.script.at(-1)
	return scene.method === 'INVITE' && phase === 'proceeding' && last !== undefined && isSuccess(last.status)
}

/** Client against server over a bad network, run until nothing is left to happen. */
function play(scene: Scene) {
	const time = new VirtualTime()
	const settings = { timers: DEFAULT_TIMERS, reliable: scene.reliable }
	const invite = scene.method === 'INVITE'
	const clientMachine = (invite ? inviteClient : nonInviteClient) as unknown as AnyMachine
	const serverMachine = (invite ? inviteServer : nonInviteServer) as unknown as AnyMachine
	const original = request(scene.method)
	let server: TransactionHost<AnyState> | undefined

	const back = new LossyPath<SipMessage>(time, scene.back, (message) => client.input({ type: 'receive', message }))
	const there = new LossyPath<SipMessage>(time, scene.there, (message) => {
		if (server) return server.input({ type: 'receive', message })
		if (message.kind !== 'request' || message.method === 'ACK') return
		server = new TransactionHost(serverMachine, serverMachine.start(message, settings, time.now), time, (m) =>
			back.send(m),
		)
		respond(server)
	})
	const respond = (host: TransactionHost<AnyState>) => {
		for (const { delayMs, status } of scene.script) {
			const send = () => host.input({ type: 'send', message: response(original, status) })
			time.after(delayMs, send)
			// RFC 3261 13.3.1.4: the user repeats a 2xx to INVITE until the other user has it.
			if (invite && isSuccess(status)) {
				for (const at of REPEATS_OF_2XX) time.after(delayMs + at, () => client.finals.length === 0 && send())
			}
		}
	}
	const client = new TransactionHost(clientMachine, clientMachine.start(original, settings, time.now), time, (m) =>
		there.send(m),
	)
	time.runToEnd()
	return { client, server }
}

const provisional = fc.record({
	delayMs: fc.integer({ min: 0, max: 20_000 }),
	status: fc.integer({ min: 100, max: 199 }),
})
const final = fc.record({
	delayMs: fc.integer({ min: 0, max: 60_000 }),
	status: fc.constantFrom(200, 202, 302, 404, 486, 500, 603),
})

function scenes(reliable: boolean): fc.Arbitrary<Scene> {
	const path = reliable ? fc.constant([]) : fates(DEFAULT_TIMERS.t4)
	return fc.record({
		method: fc.constantFrom('INVITE', 'OPTIONS'),
		reliable: fc.constant(reliable),
		script: fc.tuple(fc.array(provisional, { maxLength: 3 }), final).map(([early, last]) => [...early, last]),
		there: path,
		back: path,
	})
}

describe('client against server', () => {
	it('both always end, once, with every timer stopped', () => {
		check(
			fc.property(fc.oneof(scenes(false), scenes(true)), (scene) => {
				const { client, server } = play(scene)
				for (const host of server ? [client, server] : [client]) {
					if (host === client && waitsForLostSuccess(scene, host.state.phase)) continue
					expect(host.state.phase).toBe('terminated')
					expect(host.terminated).toBe(1)
					expect(host.runningTimers).toEqual([])
				}
			}),
			300,
		)
	})

	it('the client tells its user one outcome: a final response (a 2xx to INVITE may repeat) or one failure', () => {
		check(
			fc.property(fc.oneof(scenes(false), scenes(true)), (scene) => {
				const { client } = play(scene)
				if (waitsForLostSuccess(scene, client.state.phase)) return
				const repeatable = scene.method === 'INVITE' && client.finals.every(({ status }) => isSuccess(status))
				const finals = repeatable ? Math.min(client.finals.length, 1) : client.finals.length
				expect(finals + client.failures.length).toBe(1)
			}),
			300,
		)
	})

	it('the user never hears a provisional response after the final one', () => {
		check(
			fc.property(scenes(false), (scene) => {
				const statuses = play(scene).client.delivered.map((message) =>
					message.kind === 'response' ? message.status : 0,
				)
				const firstFinal = statuses.findIndex((status) => status >= 200)
				if (firstFinal >= 0) expect(statuses.slice(firstFinal).every((status) => status >= 200)).toBe(true)
			}),
			300,
		)
	})

	it('the server hands its user the request once', () => {
		check(
			fc.property(fc.oneof(scenes(false), scenes(true)), (scene) => {
				const { server } = play(scene)
				const requests = server?.delivered.filter((message) => message.kind === 'request' && message.method !== 'ACK')
				expect(requests?.length ?? 1).toBe(1)
			}),
			300,
		)
	})

	it('nothing is sent twice on a reliable transport, and nothing is waited for', () => {
		check(
			fc.property(scenes(true), (scene) => {
				const { client, server } = play(scene)
				const requests = client.transmissions.filter(({ message }) => message === client.state.request)
				expect(requests).toHaveLength(1)
				const responses = server?.transmissions.map(({ message }) => message) ?? []
				expect(new Set(responses).size).toBe(responses.length)
			}),
		)
	})

	it('on a network that loses nothing an answer in time always arrives', () => {
		check(
			fc.property(scenes(true), (scene) => {
				const last = scene.script.at(-1)
				fc.pre(last !== undefined && last.delayMs < 31_000)
				const { client, server } = play(scene)
				expect(client.finals).toHaveLength(1)
				expect(client.failures).toEqual([])
				expect(server?.failures).toEqual([])
			}),
		)
	})
})
