import { describe, expect, it } from 'vitest'
import { cseqOf, expiresOf, RegistrationBench } from '../../test/registrar-model.ts'

describe('the registration machine', () => {
	it('registers once, shows registered, and refreshes before the binding ends', () => {
		const bench = new RegistrationBench()
		bench.hold()
		expect(bench.state.status.state).toBe('registering')
		expect(expiresOf(bench.last.request)).toBe(600)
		bench.accept(600)
		expect(bench.state.status).toMatchObject({ state: 'registered', grantedExpiresSeconds: 600, accountVersion: 1 })
		expect(bench.dueAtMs).toBeGreaterThanOrEqual(300_000)
		expect(bench.dueAtMs).toBeLessThanOrEqual(560_000)
		const effects = bench.due()
		expect(effects.map((effect) => effect.type)).toEqual(['register'])
		expect(cseqOf(bench.last.request)).toBe(3 * 2 ** 20 + 2)
	})

	it('says nothing of a refresh: no status, no write', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.due()
		expect(bench.accept()).toEqual([])
	})

	it('reads the lifetime of its own contact, not of another device', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept(120)
		expect(bench.state.boundUntilMs).toBe(120_000)
	})

	it('does not count as registered when the registrar did not keep our contact', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.due()
		bench.respond(200, [['Contact', '<sip:alice@198.51.100.7>;expires=600']])
		expect(bench.state.status).toMatchObject({ state: 'failing', reason: expect.stringContaining('did not keep') })
	})

	it('answers a challenge once, then sends credentials preemptively with a rising nonce count', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.challenge()
		expect(bench.last.answers).toMatchObject([{ nonceCount: 1 }])
		bench.accept()
		bench.due()
		expect(bench.last.answers).toMatchObject([{ nonceCount: 2 }])
		expect(bench.sent).toHaveLength(3)
	})

	it('stops after one wrong-password round and says why', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.challenge()
		bench.challenge()
		expect(bench.state.status).toMatchObject({
			state: 'rejected',
			reason: 'wrong user name or password',
			sipStatus: 401,
		})
		expect(bench.dueAtMs).toBeGreaterThan(3_600_000)
		expect(bench.sent).toHaveLength(2)
		bench.hold(2)
		expect(bench.sent).toHaveLength(2)
		expect(bench.state.status.accountVersion).toBe(2)
		bench.hold(3, { revision: 'new password' })
		expect(bench.sent).toHaveLength(3)
	})

	it('takes a new nonce for the same password when the old one was stale or simply replaced', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.challenge()
		bench.challenge('example.com', ', stale=true')
		expect(bench.state.phase).toBe('registering')
		bench.accept()
		bench.due()
		// A registrar that forgot its nonces says so without stale.
		bench.challenge()
		expect(bench.state.phase).toBe('registering')
		bench.accept()
		expect(bench.state.phase).toBe('registered')
	})

	it('answers a proxy and the registrar together', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.challenge('proxy', '', 407)
		bench.challenge('example.com')
		expect(bench.last.answers.map((held) => [held.challenge.proxy, held.nonceCount])).toEqual([
			[true, 2],
			[false, 1],
		])
		bench.accept()
		expect(bench.state.phase).toBe('registered')
	})

	it('gives up on a registrar that never stops asking, for a while', () => {
		const bench = new RegistrationBench()
		bench.hold()
		for (let round = 0; round < 10 && bench.state.inFlight; round++) bench.challenge('example.com', ', stale=true')
		expect(bench.state.status.state).toBe('failing')
		expect(bench.sent.length).toBeLessThanOrEqual(6)
	})

	it('follows nextnonce', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.challenge()
		bench.respond(200, [
			['Contact', '<sip:token-1@192.0.2.9:5080>;expires=600'],
			['Authentication-Info', 'nextnonce="fresh"'],
		])
		bench.due()
		expect(bench.last.answers).toMatchObject([{ nonceCount: 1, challenge: { nonce: 'fresh' } }])
	})

	it('asks for Min-Expires after 423', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(423, [['Min-Expires', '1800']])
		expect(expiresOf(bench.last.request)).toBe(1800)
		bench.respond(423, [['Min-Expires', '1800']])
		expect(bench.state.status.state).toBe('failing')
	})

	it('waits as long as Retry-After says', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(503, [['Retry-After', '120 (maintenance)']])
		expect(bench.dueAtMs).toBe(120_000)
		expect(bench.state.status).toMatchObject({ state: 'failing', sipStatus: 503 })
		bench.due()
		bench.accept()
		expect(bench.state.status.reason).toBeUndefined()
	})

	it('rests for hours at 404 unless the account changes', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(404)
		expect(bench.state.status).toMatchObject({ state: 'rejected', sipStatus: 404, nextAttemptMs: bench.dueAtMs })
		expect(bench.dueAtMs).toBeGreaterThan(3_600_000)
	})

	it.each([403, 200])('rests for hours at 403 that no other binding explains (the query got %i)', (status) => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(403)
		expect(bench.last.expiresSeconds).toBeUndefined()
		bench.respond(status)
		expect(bench.state.status).toMatchObject({ state: 'rejected', sipStatus: 403 })
		expect(bench.dueAtMs).toBeGreaterThan(3_600_000)
	})

	it('uses the next target and backs off longer each time when nobody answers', () => {
		const bench = new RegistrationBench()
		bench.hold()
		const waits: number[] = []
		for (let round = 0; round < 6; round++) {
			const effects = bench.input({ type: 'failed', attempt: bench.last.attempt, cause: 'timeout' })
			expect(effects[0]).toEqual({ type: 'next-target' })
			waits.push(bench.dueAtMs - bench.nowMs)
			bench.due()
		}
		for (const [round, wait] of waits.entries()) {
			expect(wait).toBeGreaterThanOrEqual(2000 * 2 ** round)
			expect(wait).toBeLessThanOrEqual(4000 * 2 ** round)
		}
	})

	it('backs off when the next generation is refused as well: it was not the CSeq', () => {
		const bench = new RegistrationBench()
		bench.hold()
		for (let round = 0; round < 6; round++) {
			const generation = bench.respond(500).some((effect) => effect.type === 'next-generation')
			if (generation)
				bench.hold(1, { callId: `call-id-${round + 2}`, generation: round + 2, revision: `r${round + 2}` })
			else bench.due()
		}
		expect(bench.nowMs).toBeGreaterThan(30_000)
		expect(bench.sent.length).toBeLessThanOrEqual(7)
	})

	it('starts the next generation when its CSeq is refused', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.due()
		expect(bench.respond(400).map((effect) => effect.type)).toContain('next-generation')
		bench.hold(1, { callId: 'call-id-2', generation: 2, revision: 'r2' })
		expect(bench.last.request.headers.get('Call-ID')).toBe('call-id-2')
		expect(cseqOf(bench.last.request)).toBe(3 * 2 ** 20 + 1)
	})

	it('removes its own contact only, and is done when the registrar confirms', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.remove()
		expect(bench.state.status.state).toBe('unregistering')
		expect(expiresOf(bench.last.request)).toBe(0)
		expect(bench.last.request.headers.get('Contact')).toBe('<sip:token-1@192.0.2.9:5080>;expires=0')
		bench.respond(200)
		expect(bench.state).toMatchObject({ phase: 'idle', dueAtMs: undefined })
		expect(bench.state.status).toMatchObject({ state: 'unregistered', accountVersion: 2 })
	})

	it('decides by the newest desired binding when it changes while a REGISTER is in flight', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.remove()
		expect(bench.sent).toHaveLength(1)
		bench.accept()
		expect(expiresOf(bench.last.request)).toBe(0)
		bench.hold(3)
		bench.respond(200)
		expect(expiresOf(bench.last.request)).toBe(600)
		bench.accept()
		expect(bench.state.status).toMatchObject({ state: 'registered', accountVersion: 3 })
	})

	it('ignores the answer of an older attempt', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.challenge()
		const before = bench.state
		expect(bench.respond(403, [], 1)).toEqual([])
		expect(bench.state).toBe(before)
	})

	it('leaves a removal that nobody confirms to the end of the binding', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept(600)
		bench.remove()
		while (bench.state.phase !== 'idle') {
			bench.input({ type: 'failed', attempt: bench.last.attempt, cause: 'timeout' })
			if (bench.dueAtMs > 0) bench.due()
		}
		expect(bench.sent.length).toBeLessThanOrEqual(8)
		expect(bench.state.status).toMatchObject({
			state: 'unregistered',
			reason: expect.stringContaining('did not confirm'),
		})
	})

	it('binds anew when a removal is refused after the service is wanted again', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.remove()
		bench.hold(3)
		bench.respond(403)
		expect(bench.state.phase).toBe('registering')
		expect(expiresOf(bench.last.request)).toBe(600)
	})

	it('registers again soon over a new connection when the old one broke', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.input({ type: 'flow-lost' })
		expect(bench.dueAtMs).toBeLessThanOrEqual(2000)
		bench.due()
		expect(expiresOf(bench.last.request)).toBe(600)
	})

	it('waits with it where the connections of a server do not last', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.input({ type: 'flow-lost', afterMs: 60_000, spreadMs: 10_000 })
		expect(bench.dueAtMs).toBeGreaterThanOrEqual(60_000)
		expect(bench.dueAtMs).toBeLessThanOrEqual(70_000)
	})

	it('asks for a binding without a flow after 439, once, and goes on so', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(439)
		expect(bench.state).toMatchObject({ inFlight: true, path: { withoutOutbound: true } })
		bench.accept()
		expect(bench.state.path).toEqual({ withoutOutbound: true })
		bench.due()
		bench.respond(439)
		expect(bench.state).toMatchObject({ inFlight: false, phase: 'backing-off' })
	})
})

describe('a challenge that others were asked', () => {
	const OTHERS = [{ challenge: challengeOf('others'), nonceCount: 0 }]

	function challengeOf(nonce: string) {
		return {
			proxy: false,
			realm: 'example.com',
			nonce,
			algorithm: 'MD5',
			qop: ['auth'],
			stale: false,
			userhash: false,
		} as const
	}

	/** Its next turn comes, with that challenge. */
	function dueWithOthers(bench: RegistrationBench): RegistrationBench {
		bench.nowMs = bench.dueAtMs
		bench.input({ type: 'due', challenges: OTHERS })
		return bench
	}

	function dueArmed() {
		const bench = new RegistrationBench()
		bench.nowMs = 1
		bench.paced = true
		bench.hold()
		return dueWithOthers(bench)
	}

	it('is answered preemptively by a registration without one of its own, and kept when that is accepted', () => {
		const bench = dueArmed()
		expect(bench.last.answers).toEqual([{ challenge: challengeOf('others'), nonceCount: 1 }])
		bench.accept()
		expect(bench.sent).toHaveLength(1)
		bench.due()
		expect(bench.last.answers).toMatchObject([{ nonceCount: 2 }])
	})

	it('takes the place of what the registration was asked itself', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.challenge()
		bench.accept()
		dueWithOthers(bench)
		expect(bench.last.answers).toEqual([{ challenge: challengeOf('others'), nonceCount: 1 }])
	})

	it('is counted on where it is its own', () => {
		const bench = dueArmed()
		bench.accept()
		dueWithOthers(bench)
		expect(bench.last.answers).toEqual([{ challenge: challengeOf('others'), nonceCount: 2 }])
	})

	it('says nothing of the password when the server asks again', () => {
		const bench = dueArmed()
		bench.challenge()
		expect(bench.last.answers).toMatchObject([{ nonceCount: 1 }])
		expect(bench.last.answers[0]?.challenge.nonce).not.toBe('others')
		bench.challenge()
		expect(bench.state.status).toMatchObject({ state: 'rejected', reason: 'wrong user name or password' })
	})

	it('is left out where it may be what was refused', () => {
		const bench = dueArmed()
		bench.input({ type: 'rejected-preemptive', attempt: bench.last.attempt })
		expect(bench.last.answers).toEqual([])
		expect(bench.state).toMatchObject({ phase: 'registering', inFlight: true, failures: 0 })
		bench.input({ type: 'rejected-preemptive', attempt: bench.last.attempt - 1 })
		expect(bench.sent).toHaveLength(2)
	})
})
