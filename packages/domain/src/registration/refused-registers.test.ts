import { describe, expect, it } from 'vitest'
import { RegistrationBench } from '../../test/registrar-model.ts'

const INSTANCE = ';+sip.instance="<urn:uuid:0b0a7c2e-4a7b-8c11-9d2e-7f6a5b4c3d2e>";reg-id=1'
const MINUTE_MS = 60_000

/** An account that its registrar has accepted, with its challenge. */
function accepted(changes: Parameters<RegistrationBench['hold']>[1] = {}): RegistrationBench {
	const bench = new RegistrationBench()
	bench.settled = changes
	bench.hold()
	bench.challenge()
	bench.accept()
	bench.due()
	return bench
}

/** Answers everything that is sent without a rest in the same way, whatever it is. */
function refuseAll(bench: RegistrationBench, status: number, headers: [string, string][] = []): number {
	let refused = 0
	for (; bench.state.inFlight && refused < 50; refused++) bench.respond(status, headers)
	return refused
}

describe('repeats without a rest', () => {
	it('are few where 423 asks for more each time, and come later and later', () => {
		const bench = new RegistrationBench()
		bench.hold()
		let longest = 0
		for (let turn = 0, minimum = 600; turn < 8; turn++) {
			const before = bench.sent.length
			while (bench.state.inFlight) bench.respond(423, [['Min-Expires', String(++minimum)]])
			expect(bench.sent.length - before).toBeLessThanOrEqual(6)
			expect(bench.state.status).toMatchObject({ state: 'failing', sipStatus: 423 })
			longest = bench.dueAtMs - bench.nowMs
			bench.due()
		}
		expect(longest).toBeGreaterThan(60_000)
	})

	it('are counted together, whatever each of them asks for', () => {
		const bench = new RegistrationBench()
		bench.hold()
		const refusals = [
			() => bench.respond(302, [['Contact', `<sip:node${bench.sent.length}.example.com>`]]),
			() => bench.challenge('example.com', ', stale=true'),
			() => bench.respond(423, [['Min-Expires', String(600 + bench.sent.length)]]),
			() => bench.challenge('proxy', ', stale=true', 407),
		]
		for (let at = 0; bench.state.inFlight && at < 50; at++) refusals[at % refusals.length]?.()
		expect(bench.sent.length).toBeLessThanOrEqual(6)
		expect(bench.state.phase).toBe('backing-off')
	})

	it('go on counting in the next Call-ID', () => {
		const bench = new RegistrationBench()
		bench.hold()
		for (let generation = 2; generation < 9 && bench.sent.length < 50; generation++) {
			while (bench.state.inFlight && bench.sent.length % 3 !== 0) bench.challenge('r', ', stale=true')
			if (bench.state.inFlight) bench.respond(500)
			if (!bench.effects.some(({ type }) => type === 'next-generation')) break
			bench.effects.length = 0
			bench.hold(generation, { generation, callId: `call-${generation}`, revision: `r${generation}` })
			if (!bench.state.inFlight) break
		}
		while (bench.state.inFlight) bench.challenge('r', ', stale=true')
		expect(bench.sent.length).toBeLessThanOrEqual(8)
	})

	it('are few for a query as well', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.queryBindings(1)
		for (let at = 0; bench.state.inFlight && at < 50; at++) bench.challenge('example.com', ', stale=true')
		expect(bench.sent.length).toBeLessThanOrEqual(7)
	})
})

describe('a refusal that speaks of the account', () => {
	it.each([
		['403', (bench: RegistrationBench) => refuseAll(bench, 403)],
		['404', (bench: RegistrationBench) => refuseAll(bench, 404)],
		[
			'401 for every answer',
			(bench: RegistrationBench) => refuseAll(bench, 401, [['WWW-Authenticate', 'Digest realm="r", nonce="n"']]),
		],
		['407 without a challenge', (bench: RegistrationBench) => refuseAll(bench, 407)],
	])('is tried again within minutes where this credential was accepted before (%s)', (_what, refuse) => {
		const bench = accepted()
		const rests: number[] = []
		for (let round = 0; round < 6; round++) {
			refuse(bench)
			expect(bench.state.status).toMatchObject({ state: 'rejected', nextAttemptMs: bench.dueAtMs })
			rests.push((bench.dueAtMs - bench.nowMs) / MINUTE_MS)
			bench.due()
			// Nothing is told before it is known to have changed.
			expect(bench.state.status.state).toBe('rejected')
		}
		expect(rests[0]).toBeGreaterThanOrEqual(5)
		expect(rests[0]).toBeLessThanOrEqual(6)
		expect(Math.max(...rests)).toBeLessThanOrEqual(30)
		const growing = rests.slice(0, 3)
		expect(growing).toEqual(growing.toSorted((a, b) => a - b))
		if (bench.last.answers.length === 0) bench.challenge()
		bench.accept()
		expect(bench.state.status.state).toBe('registered')
	})

	it('rests for hours, and no longer than a day, where it never was', () => {
		const bench = new RegistrationBench()
		bench.hold()
		const rests: number[] = []
		for (let round = 0; round < 8; round++) {
			bench.challenge()
			bench.challenge()
			rests.push((bench.dueAtMs - bench.nowMs) / MINUTE_MS / 60)
			bench.due()
		}
		expect(rests[0]).toBeGreaterThanOrEqual(1)
		expect(Math.max(...rests)).toBeLessThanOrEqual(24)
		expect(bench.sent).toHaveLength(17)
	})

	it('is that of a stranger again once the credential is another one', () => {
		const bench = accepted()
		refuseAll(bench, 404)
		bench.hold(2, { revision: 'another password' })
		refuseAll(bench, 404)
		expect(bench.dueAtMs - bench.nowMs).toBeGreaterThan(60 * MINUTE_MS)
	})

	it('is looked at again for a device, not more often than every five minutes', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(404)
		for (let version = 2; version < 200; version++) {
			bench.nowMs += 10_000
			bench.hold(version)
			if (bench.state.inFlight) bench.respond(404)
		}
		expect(bench.sent.length).toBeGreaterThan(5)
		expect(bench.sent.length).toBeLessThanOrEqual(8)
	})
})

describe('a refusal that may mean what we have added', () => {
	it('is not believed before an answer that nobody asked for was left out', () => {
		for (const status of [400, 403, 404, 420, 500, 603]) {
			const bench = accepted()
			expect(bench.last.answers).toHaveLength(1)
			bench.respond(status)
			if (bench.last.expiresSeconds === undefined) bench.respond(status)
			expect(bench.last.answers).toEqual([])
			bench.challenge()
			bench.accept()
			expect(bench.state.status.state).toBe('registered')
		}
	})

	it.each([
		['the parameters of outbound', { contactParams: INSTANCE }, 'withoutOutbound', 420],
		['the private address', { emulatesNat: true }, 'withoutNatEmulation', 403],
	] as const)(
		'is answered without %s, for good where they are refused a second time',
		(_what, given, without, status) => {
			const bench = new RegistrationBench()
			bench.hold(1, given)
			for (let round = 0; round < 2; round++) {
				expect(bench.last[without]).toBe(false)
				bench.respond(status)
				if (bench.last.expiresSeconds === undefined) bench.respond(status)
				expect(bench.last).toMatchObject({ [without]: true, expiresSeconds: 600 })
				bench.accept()
				bench.due()
			}
			for (let refreshes = 0; refreshes < 3; refreshes++) {
				expect(bench.last[without]).toBe(true)
				bench.accept()
				bench.due()
			}
		},
	)

	it('leaves nothing away for long where the server was only in trouble', () => {
		const bench = new RegistrationBench()
		bench.hold(1, { contactParams: INSTANCE })
		bench.respond(420)
		bench.accept()
		for (let refreshes = 0; refreshes < 3; refreshes++) {
			bench.due()
			expect(bench.last.withoutOutbound).toBe(false)
			bench.accept()
		}
		expect(bench.state.path).toEqual({})
	})

	it('does not show our own address to a server that refuses the order of our REGISTERs', () => {
		const bench = new RegistrationBench()
		bench.hold(1, { emulatesNat: true })
		const effects = bench.respond(400)
		expect(effects).toContainEqual({ type: 'next-generation' })
		expect(bench.sent.every(({ withoutNatEmulation }) => !withoutNatEmulation)).toBe(true)
	})

	it('is believed where nothing of ours is left, and all of it is there again next time', () => {
		const bench = accepted({ contactParams: INSTANCE, emulatesNat: true })
		refuseAll(bench, 404)
		expect(bench.state.status).toMatchObject({ state: 'rejected', sipStatus: 404 })
		expect(bench.sent.slice(2).map(({ withoutOutbound }) => withoutOutbound)).toEqual([false, false, true, true])
		expect(bench.sent.at(-1)).toMatchObject({ withoutNatEmulation: true, answers: [] })
		bench.due()
		expect(bench.last).toMatchObject({ withoutOutbound: false, withoutNatEmulation: false })
		// Once for each streak of refusals.
		expect(refuseAll(bench, 404)).toBe(1)
	})

	it('has nothing to do with a password that is wrong', () => {
		const bench = new RegistrationBench()
		bench.hold(1, { contactParams: INSTANCE, emulatesNat: true })
		bench.challenge()
		bench.challenge()
		expect(bench.state.status).toMatchObject({ state: 'rejected', reason: 'wrong user name or password' })
		expect(bench.sent).toHaveLength(2)
	})

	it('is met in a query as well', () => {
		const bench = accepted()
		bench.accept()
		bench.queryBindings(1)
		bench.respond(403)
		expect(bench.last).toMatchObject({ answers: [], expiresSeconds: undefined })
		bench.challenge()
		expect(bench.respond(200)).toContainEqual({ type: 'bindings', query: 1, ours: false, others: 0 })
	})
})

describe('a redirect', () => {
	const OTHER = 'sip:other.example.com'

	function redirected(): RegistrationBench {
		const bench = accepted()
		bench.respond(302, [['Contact', `<sip:last.example.com>;q=0.1, <${OTHER}>;q=0.8, <tel:+1555>`]])
		return bench
	}

	it('is followed to the contact that is preferred, without an answer to what another server has asked', () => {
		expect(redirected().last).toMatchObject({ redirectUri: OTHER, answers: [] })
	})

	it('lasts until the final answer of its target, whatever that asks for', () => {
		const bench = redirected()
		bench.challenge()
		expect(bench.last).toMatchObject({ redirectUri: OTHER, answers: [{ nonceCount: 1 }] })
		bench.respond(423, [['Min-Expires', '1800']])
		expect(bench.last).toMatchObject({ redirectUri: OTHER, expiresSeconds: 1800 })
		bench.respond(439)
		expect(bench.last).toMatchObject({ redirectUri: OTHER, withoutOutbound: true })
		bench.accept(1800)
		expect(bench.state.status.state).toBe('registered')
	})

	it('ends with it: the next REGISTER goes to the registrar, without an answer to what the target asked', () => {
		for (const last of [
			(bench: RegistrationBench) => bench.accept(),
			(bench: RegistrationBench) => bench.respond(480),
		]) {
			const bench = redirected()
			bench.challenge()
			last(bench)
			bench.due()
			expect(bench.last).toMatchObject({ redirectUri: undefined, answers: [] })
		}
	})

	it('does not make the password wrong where both servers ask in the same realm', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.challenge()
		bench.respond(302, [['Contact', `<${OTHER}>`]])
		bench.challenge()
		expect(bench.last).toMatchObject({ redirectUri: OTHER, answers: [{ nonceCount: 1 }] })
	})

	it('may lead to another one, and not round and round', () => {
		const bench = redirected()
		for (let at = 0; bench.state.inFlight && at < 50; at++) {
			bench.respond(302, [['Contact', at % 2 === 0 ? '<sip:example.com>' : `<${OTHER}>`]])
		}
		expect(bench.sent.length).toBeLessThanOrEqual(8)
		expect(bench.state.phase).toBe('backing-off')
	})

	it('says nothing of the own servers of the account when its target does not answer', () => {
		const bench = redirected()
		const effects = bench.input({ type: 'failed', attempt: bench.last.attempt, cause: 'timeout' })
		expect(effects.map(({ type }) => type)).not.toContain('next-target')
	})

	it('is followed by a binding query and by a removal', () => {
		const bench = accepted()
		bench.accept()
		bench.queryBindings(1)
		bench.respond(302, [['Contact', `<${OTHER}>`]])
		expect(bench.last).toMatchObject({ redirectUri: OTHER, expiresSeconds: undefined })
		bench.challenge()
		expect(bench.last).toMatchObject({ redirectUri: OTHER, expiresSeconds: undefined })
		bench.respond(200)
		bench.remove()
		expect(bench.last).toMatchObject({ redirectUri: undefined, expiresSeconds: 0 })
		bench.respond(302, [['Contact', `<${OTHER}>`]])
		bench.challenge()
		expect(bench.last).toMatchObject({ redirectUri: OTHER, expiresSeconds: 0 })
	})
})

describe('a registrar that is in trouble', () => {
	it('has each rest shown, as what was said of the one before is past', () => {
		const bench = new RegistrationBench()
		bench.hold()
		for (let round = 0; round < 6; round++) {
			bench.effects.length = 0
			bench.respond(503)
			const status = { type: 'status', status: { state: 'failing', nextAttemptMs: bench.dueAtMs } }
			expect(bench.effects).toContainEqual(
				expect.objectContaining({ ...status, status: expect.objectContaining(status.status) }),
			)
			bench.due()
		}
	})
})
