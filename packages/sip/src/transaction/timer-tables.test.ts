import { describe, expect, it } from 'vitest'
import { request, response } from '../../test/messages.ts'
import { TransactionHost } from '../../test/transaction-host.ts'
import { VirtualTime } from '../../test/virtual-time.ts'
import { inviteClient } from './invite-client.ts'
import { inviteServer } from './invite-server.ts'
import { nonInviteClient } from './non-invite-client.ts'
import { nonInviteServer } from './non-invite-server.ts'
import { DEFAULT_TIMERS, type TimerValues } from './timer-values.ts'

const lost = () => {}
const unreliable = { timers: DEFAULT_TIMERS, reliable: false }
const reliable = { timers: DEFAULT_TIMERS, reliable: true }

/** The moments at which messages went out, in seconds. */
function seconds(host: Pick<TransactionHost<never>, 'transmissions'>): number[] {
	return host.transmissions.map(({ at }) => at / 1_000)
}

describe('when everything is lost', () => {
	it('INVITE goes out at doubling intervals (A) for 64*T1 (B)', () => {
		const time = new VirtualTime()
		const host = new TransactionHost(
			inviteClient,
			inviteClient.start(request('INVITE'), unreliable, time.now),
			time,
			lost,
		)
		time.runToEnd()
		expect(seconds(host)).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5])
		expect(host.failures).toEqual(['timeout'])
		expect(time.now).toBe(32_000)
	})

	it('other requests go out at intervals capped at T2 (E) for 64*T1 (F)', () => {
		const time = new VirtualTime()
		const host = new TransactionHost(
			nonInviteClient,
			nonInviteClient.start(request('BYE'), unreliable, time.now),
			time,
			lost,
		)
		time.runToEnd()
		expect(seconds(host)).toEqual([0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5])
		expect(host.failures).toEqual(['timeout'])
		expect(time.now).toBe(32_000)
	})

	it('other requests repeat every T2 once a provisional response came', () => {
		const time = new VirtualTime()
		const host = new TransactionHost(
			nonInviteClient,
			nonInviteClient.start(request('BYE'), unreliable, time.now),
			time,
			lost,
		)
		time.advance(600)
		host.input({ type: 'receive', message: response(request('BYE'), 100) })
		time.runToEnd()
		expect(seconds(host)).toEqual([0, 0.5, 1.5, 5.5, 9.5, 13.5, 17.5, 21.5, 25.5, 29.5])
		expect(host.failures).toEqual(['timeout'])
	})

	it('a refusal of an INVITE repeats at intervals capped at T2 (G) for 64*T1 (H)', () => {
		const time = new VirtualTime()
		const host = new TransactionHost(
			inviteServer,
			inviteServer.start(request('INVITE'), unreliable, time.now),
			time,
			lost,
		)
		host.input({ type: 'send', message: response(request('INVITE'), 486) })
		time.runToEnd()
		expect(seconds(host)).toEqual([0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5])
		expect(host.failures).toEqual(['timeout'])
		expect(time.now).toBe(32_000)
	})

	it('nothing repeats on a reliable transport, and the same timers give up', () => {
		const time = new VirtualTime()
		const invite = new TransactionHost(
			inviteClient,
			inviteClient.start(request('INVITE'), reliable, time.now),
			time,
			lost,
		)
		const bye = new TransactionHost(
			nonInviteClient,
			nonInviteClient.start(request('BYE'), reliable, time.now),
			time,
			lost,
		)
		const server = new TransactionHost(
			inviteServer,
			inviteServer.start(request('INVITE'), reliable, time.now),
			time,
			lost,
		)
		server.input({ type: 'send', message: response(request('INVITE'), 486) })
		time.runToEnd()
		for (const host of [invite, bye, server]) {
			expect(seconds(host)).toEqual([0])
			expect(host.failures).toEqual(['timeout'])
		}
		expect(time.now).toBe(32_000)
	})

	it('every transaction has its own timer values', () => {
		const short: TimerValues = { t1: 10, t2: 40, t4: 50 }
		const time = new VirtualTime()
		const host = new TransactionHost(
			nonInviteClient,
			nonInviteClient.start(request('BYE'), { timers: short, reliable: false }, time.now),
			time,
			lost,
		)
		time.runToEnd()
		expect(host.transmissions.slice(0, 6).map(({ at }) => at)).toEqual([0, 10, 30, 70, 110, 150])
		expect(time.now).toBe(640)
	})
})

describe('how long a transaction lingers after its end', () => {
	const client = (method: string, settings: typeof reliable) => {
		const time = new VirtualTime()
		const machine = method === 'INVITE' ? inviteClient : nonInviteClient
		return {
			time,
			host: new TransactionHost(
				machine as typeof inviteClient,
				machine.start(request(method), settings, time.now) as ReturnType<typeof inviteClient.start>,
				time,
				lost,
			),
		}
	}

	it.each([
		['INVITE', 486, 'D', 32_000],
		['INVITE', 200, 'M', 32_000],
		['BYE', 200, 'K', 5_000],
	] as const)('%s answered by %i: timer %s', (method, status, timer, lasts) => {
		const { time, host } = client(method, unreliable)
		host.input({ type: 'receive', message: response(request(method), status) })
		expect(host.runningTimers).toEqual([timer])
		time.runToEnd()
		expect(time.now).toBe(lasts)
		expect(host.terminated).toBe(1)
	})

	it('D is at least 32 s whatever T1 is', () => {
		const { time, host } = client('INVITE', { timers: { t1: 10, t2: 40, t4: 50 }, reliable: false })
		host.input({ type: 'receive', message: response(request('INVITE'), 486) })
		time.runToEnd()
		expect(time.now).toBe(32_000)
	})

	it.each([
		['INVITE', 486],
		['BYE', 200],
	] as const)('%s answered by %i on a reliable transport: not at all', (method, status) => {
		const { host } = client(method, reliable)
		host.input({ type: 'receive', message: response(request(method), status) })
		expect(host.terminated).toBe(1)
	})

	it('INVITE answered by 200 waits for M on a reliable transport too', () => {
		const { time, host } = client('INVITE', reliable)
		host.input({ type: 'receive', message: response(request('INVITE'), 200) })
		time.runToEnd()
		expect(time.now).toBe(32_000)
	})

	it('server, INVITE: L after a 2xx, I after the ACK of a refusal', () => {
		const time = new VirtualTime()
		const accepting = new TransactionHost(
			inviteServer,
			inviteServer.start(request('INVITE'), unreliable, time.now),
			time,
			lost,
		)
		accepting.input({ type: 'send', message: response(request('INVITE'), 200) })
		expect(accepting.runningTimers).toEqual(['L'])
		const refusing = new TransactionHost(
			inviteServer,
			inviteServer.start(request('INVITE'), unreliable, time.now),
			time,
			lost,
		)
		refusing.input({ type: 'send', message: response(request('INVITE'), 486) })
		expect(refusing.runningTimers).toEqual(['G', 'H'])
		refusing.input({ type: 'receive', message: request('ACK') })
		expect(refusing.runningTimers).toEqual(['I'])
		time.advance(5_000)
		expect(refusing.terminated).toBe(1)
		time.runToEnd()
		expect(time.now).toBe(32_000)
		expect(accepting.terminated).toBe(1)
	})

	it('server, others: J after a final response', () => {
		const time = new VirtualTime()
		const host = new TransactionHost(
			nonInviteServer,
			nonInviteServer.start(request('BYE'), unreliable, time.now),
			time,
			lost,
		)
		host.input({ type: 'send', message: response(request('BYE'), 200) })
		expect(host.runningTimers).toEqual(['J'])
		time.runToEnd()
		expect(time.now).toBe(32_000)
	})

	it('server on a reliable transport: I and J are zero', () => {
		const time = new VirtualTime()
		const bye = new TransactionHost(
			nonInviteServer,
			nonInviteServer.start(request('BYE'), reliable, time.now),
			time,
			lost,
		)
		bye.input({ type: 'send', message: response(request('BYE'), 200) })
		expect(bye.terminated).toBe(1)
		const invite = new TransactionHost(
			inviteServer,
			inviteServer.start(request('INVITE'), reliable, time.now),
			time,
			lost,
		)
		invite.input({ type: 'send', message: response(request('INVITE'), 486) })
		invite.input({ type: 'receive', message: request('ACK') })
		expect(invite.terminated).toBe(1)
	})
})
