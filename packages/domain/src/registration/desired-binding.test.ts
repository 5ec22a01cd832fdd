import { describe, expect, it } from 'vitest'
import { cseqOf, expiresOf, RegistrationBench } from '../../test/registrar-model.ts'

describe('an abandoned binding', () => {
	it('sends nothing and refreshes nothing', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.abandon()
		expect(bench.sent).toHaveLength(1)
		expect(bench.state).toMatchObject({ phase: 'idle', dueAtMs: undefined, boundUntilMs: 600_000 })
		expect(bench.state.status).toMatchObject({ state: 'unregistered', accountVersion: 2 })
	})

	it('lets a REGISTER in flight finish, and shows unregistered only then', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.due()
		bench.abandon()
		expect(bench.state.status).toMatchObject({ state: 'registered', accountVersion: 1 })
		bench.accept(120)
		expect(bench.sent).toHaveLength(2)
		expect(bench.state).toMatchObject({ phase: 'idle', dueAtMs: undefined, boundUntilMs: bench.nowMs + 120_000 })
		expect(bench.state.status).toMatchObject({ state: 'unregistered', accountVersion: 2 })
	})

	it.each([401, 423, 302, 400, 403, 503])('does not go on after %i', (status) => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.abandon()
		if (status === 401) bench.challenge()
		else bench.respond(status, [['Min-Expires', '7200']])
		expect(bench.sent).toHaveLength(1)
		expect(bench.state).toMatchObject({ phase: 'idle', dueAtMs: undefined, inFlight: false })
	})

	it('does not go on when nobody answers', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.abandon()
		bench.input({ type: 'failed', attempt: bench.last.attempt, cause: 'timeout' })
		expect(bench.state).toMatchObject({ phase: 'idle', dueAtMs: undefined })
	})

	it('remembers what may be bound for a later removal', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.abandon()
		bench.remove(3)
		expect(expiresOf(bench.last.request)).toBe(0)
	})
})

describe('a removal that is not desired any more', () => {
	it('is not repeated when it is challenged: the binding is refreshed', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.remove()
		expect(expiresOf(bench.last.request)).toBe(0)
		bench.hold(3)
		bench.challenge()
		expect(expiresOf(bench.last.request)).toBe(600)
	})
})

describe('a removal that must be certain', () => {
	it('counts a binding from when the REGISTER that got no answer may have been taken last', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.nowMs += 32_000
		bench.input({ type: 'failed', attempt: bench.last.attempt, cause: 'timeout' })
		expect(bench.state.boundUntilMs).toBe(bench.nowMs + 600_000)
	})

	it('is sent though this process bound nothing', () => {
		const bench = new RegistrationBench()
		bench.removeForCertain()
		expect(expiresOf(bench.last.request)).toBe(0)
		bench.respond(200)
		expect(bench.state.status).toMatchObject({ state: 'unregistered', accountVersion: 2 })
		bench.remove(3)
		expect(bench.sent).toHaveLength(1)
	})

	it('is tried until the binding has ended by itself', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept(600)
		bench.removeForCertain()
		while (bench.state.phase !== 'idle') {
			expect(bench.state.status.state).toBe('unregistering')
			if (bench.state.inFlight) bench.respond(403)
			else bench.due()
		}
		expect(bench.nowMs).toBe(600_000)
		expect(bench.sent.length).toBeLessThan(20)
		expect(bench.state.status.state).toBe('unregistered')
	})

	it('is done where there is no such address-of-record', () => {
		const bench = new RegistrationBench()
		bench.removeForCertain()
		bench.respond(404)
		expect(bench.state.status.state).toBe('unregistered')
	})
})

describe('a binding query', () => {
	it('has no Contact, and the Call-ID and order of the others', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.remove()
		bench.respond(200)
		bench.queryBindings(1)
		const { headers } = bench.last.request
		expect([headers.get('Contact'), headers.get('Expires')]).toEqual([undefined, undefined])
		expect(headers.get('Call-ID')).toBe('call-id-1')
		expect(cseqOf(bench.last.request)).toBe(3 * 2 ** 20 + 3)
	})

	it('tells ours from others, and answers challenges as any other REGISTER', () => {
		const bench = new RegistrationBench()
		bench.remove()
		bench.queryBindings(1)
		bench.challenge()
		expect(bench.last.answers).toMatchObject([{ nonceCount: 1 }])
		const effects = bench.accept()
		expect(effects).toEqual([
			{ type: 'bindings', query: 1, ours: true, others: 1, lastsSeconds: 17, other: 'sip:alice@198.51.100.7' },
		])
		expect(bench.state.status.state).toBe('unregistered')
	})

	it('takes a 2xx without contacts as none', () => {
		const bench = new RegistrationBench()
		bench.remove()
		bench.queryBindings(7)
		expect(bench.respond(200)).toEqual([{ type: 'bindings', query: 7, ours: false, others: 0 }])
	})

	it.each([408, 503, 504])(
		'has no answer yet with %i, from a removal neither, and goes to the next target',
		(status) => {
			const bench = new RegistrationBench()
			bench.remove()
			bench.queryBindings(1)
			expect(bench.respond(status)[0]).toEqual({ type: 'next-target' })
			expect(expiresOf(bench.last.request)).toBe(0)
			expect(bench.respond(status)).toEqual([
				{ type: 'next-target' },
				{ type: 'no-bindings', query: 1, cause: 'unanswered' },
			])
			expect(bench.sent).toHaveLength(2)
		},
	)

	it('rests where the server says when to come back', () => {
		const bench = new RegistrationBench()
		bench.remove()
		bench.queryBindings(1)
		const effects = bench.respond(503, [['Retry-After', '60']])
		expect(effects).toEqual([{ type: 'no-bindings', query: 1, cause: 'unanswered' }])
		expect(bench.sent).toHaveLength(1)
	})

	it.each([302, 400, 403, 405, 423, 500, 501, 603])(
		'is asked once more by a removal of our contact after %i',
		(status) => {
			const bench = new RegistrationBench()
			bench.remove()
			bench.queryBindings(1)
			bench.respond(status)
			expect(expiresOf(bench.last.request)).toBe(0)
			bench.challenge()
			expect(expiresOf(bench.last.request)).toBe(0)
			expect(bench.respond(200, [['Contact', '<sip:alice@198.51.100.7>;expires=300']])).toEqual([
				{ type: 'bindings', query: 1, ours: false, others: 1, lastsSeconds: 300, other: 'sip:alice@198.51.100.7' },
			])
			expect(bench.sent).toHaveLength(3)
			expect(bench.state).toMatchObject({ phase: 'idle', byRemoval: false, boundUntilMs: 0 })
			expect(bench.state.status.state).toBe('unregistered')
		},
	)

	it('proves nothing by a removal that lists nobody or is refused as well', () => {
		for (const [status, cause] of [
			[200, 'untold'],
			[403, 'untold'],
			[500, 'untold'],
			[503, 'unanswered'],
		]) {
			const bench = new RegistrationBench()
			bench.remove()
			bench.queryBindings(1)
			bench.respond(403)
			expect(bench.respond(Number(status))).toContainEqual({ type: 'no-bindings', query: 1, cause })
			expect(bench.sent).toHaveLength(2)
		}
	})

	it('is asked by no removal where our contact is not to be removed, as in takeover mode', () => {
		const bench = new RegistrationBench()
		bench.remove()
		bench.queryBindings(1)
		bench.abandon()
		expect(bench.respond(403)).toEqual([{ type: 'no-bindings', query: 1, cause: 'untold' }])
		const late = new RegistrationBench()
		late.remove()
		late.queryBindings(1)
		late.respond(403)
		late.abandon()
		expect(late.challenge()).toEqual([{ type: 'no-bindings', query: 1, cause: 'untold' }])
		expect(late.sent).toHaveLength(2)
	})

	it('is over when nobody answers, when the password is wrong, and when challenges do not end', () => {
		const bench = new RegistrationBench()
		bench.remove()
		bench.queryBindings(1)
		bench.input({ type: 'failed', attempt: bench.last.attempt, cause: 'timeout' })
		expect(expiresOf(bench.last.request)).toBe(0)
		const effects = bench.input({ type: 'failed', attempt: bench.last.attempt, cause: 'timeout' })
		expect(effects).toEqual([{ type: 'next-target' }, { type: 'no-bindings', query: 1, cause: 'unanswered' }])
		bench.queryBindings(2)
		bench.challenge()
		expect(bench.challenge()).toEqual([{ type: 'no-bindings', query: 2, cause: 'untold' }])
		bench.queryBindings(3)
		for (let round = 0; round < 10 && bench.state.inFlight; round++) bench.challenge('r', ', stale=true')
		expect(bench.effects.at(-1)).toEqual({ type: 'no-bindings', query: 3, cause: 'untold' })
	})

	it('waits for an older one that is challenged, and is not lost', () => {
		const bench = new RegistrationBench()
		bench.remove()
		bench.queryBindings(1)
		bench.queryBindings(2)
		bench.challenge()
		expect(bench.respond(200)).toEqual([{ type: 'bindings', query: 1, ours: false, others: 0 }])
		bench.due()
		expect(bench.respond(200)).toEqual([{ type: 'bindings', query: 2, ours: false, others: 0 }])
	})

	it('waits for the REGISTER in flight', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.remove()
		bench.queryBindings(1)
		expect(bench.sent).toHaveLength(1)
		bench.accept()
		expect(expiresOf(bench.last.request)).toBe(0)
		bench.respond(200)
		bench.due()
		expect(bench.last.expiresSeconds).toBeUndefined()
		expect(bench.respond(200)).toEqual([{ type: 'bindings', query: 1, ours: false, others: 0 }])
	})

	it('keeps a refresh waiting, not more', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		const { dueAtMs } = bench.state
		bench.queryBindings(1)
		expect(bench.sent).toHaveLength(2)
		bench.accept()
		expect(bench.state).toMatchObject({ phase: 'registered', dueAtMs })
	})

	it('holds back what is desired meanwhile until its response', () => {
		const bench = new RegistrationBench()
		bench.nowMs = 1
		bench.remove()
		bench.queryBindings(1)
		bench.hold(3)
		expect(bench.sent).toHaveLength(1)
		bench.respond(200)
		bench.due()
		expect(expiresOf(bench.last.request)).toBe(600)
	})
})

describe('a server that has other bindings and does not take ours', () => {
	it.each([
		['a 403', (bench: RegistrationBench) => bench.respond(403)],
		[
			'a 503 that speaks of contacts',
			(bench: RegistrationBench) => bench.respond(503, [], undefined, 'Too Many Contacts'),
		],
	])('is asked after %s, shown, and tried again with a growing rest', (_name, refuse) => {
		const bench = new RegistrationBench()
		bench.hold()
		const rests: number[] = []
		for (let round = 0; round < 9; round++) {
			refuse(bench)
			const effects = bench.respond(200, [['Contact', '<sip:alice@198.51.100.7>;expires=300']])
			expect(effects).toContainEqual({ type: 'rejected-concurrent', others: 1 })
			rests.push(bench.dueAtMs - bench.nowMs)
			bench.due()
		}
		expect(bench.state.status).toMatchObject({ state: 'failing', reason: expect.stringContaining('beside the 1') })
		expect(rests[4]).toBeGreaterThanOrEqual(32_000)
		expect(Math.max(...rests)).toBeLessThanOrEqual(300_000)
		bench.accept()
		expect(bench.state.status.reason).toBeUndefined()
	})

	it('is seen in a 2xx as well', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.due()
		const effects = bench.respond(200, [['Contact', '<sip:alice@198.51.100.7>;expires=600']])
		expect(effects).toContainEqual({ type: 'rejected-concurrent', others: 1 })
		expect(bench.state).toMatchObject({ phase: 'backing-off' })
	})

	it('is left alone when the service is not wanted any more', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(403)
		bench.abandon()
		bench.respond(200, [['Contact', '<sip:alice@198.51.100.7>;expires=300']])
		expect(bench.state).toMatchObject({ phase: 'idle', dueAtMs: undefined })
		expect(bench.state.status.state).toBe('unregistered')
	})
})
