import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BenchRules, ProbeBench } from '../../test/probe-bench.ts'
import { initialProbe, MOST_REGISTERS, stepProbe } from './machine.ts'

const DESK_PHONE = 'sip:desk@198.51.100.7:5060'

describe('a probe', () => {
	it('does not go on with a server that calls every interval too brief', () => {
		let { state, effects } = stepProbe(
			initialProbe({ users: { first: 'first-token', second: 'second-token' }, force: true }),
			{ type: 'start' },
			0,
		)
		let sent = 0
		for (let asked = effects.find(({ type }) => type === 'register'); asked?.type === 'register'; sent++) {
			const minimum = String(asked.expiresSeconds + 1)
			const headers = { get: (name: string) => (name === 'Min-Expires' ? minimum : undefined), all: () => [] }
			const response = { status: 423, reason: 'Interval Too Brief', headers }
			;({ state, effects } = stepProbe(state, { type: 'response', attempt: asked.attempt, response }, 0))
			asked = effects.find(({ type }) => type === 'register')
		}
		expect(state.done).toBe(true)
		expect(sent).toBeLessThan(MOST_REGISTERS / 2)
	})

	it('names mode 0 where both contacts are kept', () => {
		const bench = new ProbeBench({ rule: 'multi' })
		const report = bench.run()
		expect(report).toMatchObject({
			outcome: 'complete',
			findings: { second: 'kept', secondStatus: 200, listing: 'lists', mostBindings: 2 },
			recommendation: { registrationMode: 0, natEmulation: false, registrationRefreshSeconds: 600 },
			cleanUp: 'verified',
			warnings: [],
		})
		expect(bench.bound).toEqual([])
		expect(report.registersSent).toBeLessThan(20)
	})

	it('names mode 3 where the newer contact takes the place of the older', () => {
		const bench = new ProbeBench({ rule: 'overwrite' })
		const report = bench.run()
		expect(report.findings.second).toBe('overwrites')
		expect(report.recommendation?.registrationMode).toBe(3)
		expect(report.cleanUp).toBe('verified')
		expect(bench.bound).toEqual([])
		// Only what is bound is removed: the removal of an overwritten contact may hit the one that is bound.
		const last = bench.registers.filter(({ expiresSeconds, contact }) => contact && expiresSeconds === 0).at(-1)
		expect(last?.contact?.name).toBe('second')
	})

	it('names mode 1 where a second contact is refused and the list shows who is bound', () => {
		const report = new ProbeBench({ rule: 'reject' }).run()
		expect(report.findings).toMatchObject({ second: 'rejected', secondStatus: 503, listing: 'lists' })
		expect(report.recommendation?.registrationMode).toBe(1)
		expect(report.cleanUp).toBe('verified')
	})

	it('takes a second contact that is answered 200 and not kept for a refused one', () => {
		const bench = new ProbeBench({ rule: 'keep-older' })
		expect(bench.run()).toMatchObject({ findings: { second: 'rejected' }, recommendation: { registrationMode: 1 } })
		expect(bench.bound).toEqual([])
	})

	it.each([
		['a second contact is refused and nothing is listed', { rule: 'reject', listing: 'empty' }, 'rejected'],
		['nobody can see what became of the first', { rule: 'multi', listing: 'empty', told: 'own' }, 'unseen'],
		['the server tells nothing at all', { rule: 'overwrite', listing: 'empty', told: 'none' }, 'unseen'],
	] as const)('names mode 2 where %s', (_, rules, second) => {
		const bench = new ProbeBench(rules)
		const report = bench.run()
		expect(report.findings.second).toBe(second)
		expect(report.recommendation?.registrationMode).toBe(2)
		expect(report.cleanUp).toBe('confirmed')
		expect(bench.bound).toEqual([])
	})

	it('sees two bindings in the answer to the second, where a request for them is not answered', () => {
		const report = new ProbeBench({ rule: 'multi', listing: 'empty', told: 'all' }).run()
		expect(report.findings).toMatchObject({ second: 'kept', listing: 'empty' })
		expect(report.recommendation?.registrationMode).toBe(0)
	})

	it('names NATEmulation where only a private contact is taken, with the expiry that it gets', () => {
		const bench = new ProbeBench({ addresses: 'private', maxPrivateSeconds: 60 })
		expect(bench.run()).toMatchObject({
			findings: { plain: { status: 403 }, private: { status: 200, grantedSeconds: 60 }, second: 'kept' },
			recommendation: { registrationMode: 0, natEmulation: true, registrationRefreshSeconds: 60 },
		})
		expect(bench.bound).toEqual([])
	})

	it('names NATEmulation where the server sees another address than the contact has', () => {
		const extra = [['Via', 'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;received=203.0.113.9;rport=4444']] as const
		const report = new ProbeBench({ extra }).run()
		expect(report.findings.seenAs).toBe('203.0.113.9')
		expect(report.recommendation?.natEmulation).toBe(true)
	})

	it('tells what a private contact gets where both are taken', () => {
		const report = new ProbeBench({ maxPrivateSeconds: 45 }).run()
		expect(report.findings).toMatchObject({ plain: { grantedSeconds: 60 }, private: { grantedSeconds: 45 } })
		expect(report.recommendation?.natEmulation).toBe(false)
		expect(report.recommendation?.reasons.join()).toContain('45 s')
	})

	it('finds the shortest and the longest registration', () => {
		const bench = new ProbeBench({ minSeconds: 300, refusesShort: true, maxSeconds: 1800 })
		expect(bench.run()).toMatchObject({
			findings: {
				minExpiresSeconds: 300,
				expiries: [
					{ askedSeconds: 300, grantedSeconds: 300 },
					{ askedSeconds: 600, grantedSeconds: 600 },
					{ askedSeconds: 3600, grantedSeconds: 1800 },
				],
			},
			recommendation: { registrationRefreshSeconds: 600 },
		})
		expect(new ProbeBench({ maxSeconds: 120 }).run().recommendation?.registrationRefreshSeconds).toBe(120)
		expect(new ProbeBench({ minSeconds: 900 }).run().recommendation?.registrationRefreshSeconds).toBe(900)
	})

	it('tells the algorithms, and what the server supports', () => {
		const extra = [
			['Supported', 'path, outbound'],
			['Service-Route', '<sip:orig@192.0.2.9;lr>'],
			['Server', 'Real PBX 3.1'],
		] as const
		const { findings } = new ProbeBench({ algorithms: ['MD5', 'SHA-256'], extra }).run()
		expect(findings).toMatchObject({
			authentication: [{ realm: 'r', proxy: false, algorithms: ['MD5', 'SHA-256'], qop: ['auth'] }],
			path: true,
			outbound: true,
			serviceRoute: ['<sip:orig@192.0.2.9;lr>'],
			server: 'Real PBX 3.1',
		})
	})

	it('binds nothing while others are bound, unless it is forced to', () => {
		const careful = new ProbeBench({ rule: 'overwrite', foreign: [DESK_PHONE] })
		const stopped = careful.run()
		expect(stopped).toMatchObject({
			outcome: 'stopped',
			findings: { foreign: [DESK_PHONE] },
			cleanUp: 'nothing-to-remove',
		})
		expect(stopped).not.toHaveProperty('recommendation')
		expect(stopped.blockingReason).toContain(DESK_PHONE)
		expect(careful.registers.every(({ contact }) => contact === undefined)).toBe(true)
		expect(careful.bound).toEqual([DESK_PHONE])

		const forced = new ProbeBench({ rule: 'overwrite', foreign: [DESK_PHONE], force: true }).run()
		expect(forced).toMatchObject({ outcome: 'complete', findings: { foreignLost: [DESK_PHONE], second: 'overwrites' } })
		expect(forced.warnings.join()).toContain('register again')
	})

	it('leaves bindings of others alone where the server keeps several', () => {
		const bench = new ProbeBench({ foreign: [DESK_PHONE], force: true })
		expect(bench.run()).toMatchObject({ findings: { foreignLost: [], mostBindings: 3 }, cleanUp: 'verified' })
		expect(bench.bound).toEqual([DESK_PHONE])
	})

	it('is itself the second contact where another is bound that may not be joined', () => {
		const bench = new ProbeBench({ rule: 'reject', foreign: [DESK_PHONE], force: true })
		expect(bench.run()).toMatchObject({
			outcome: 'complete',
			findings: { second: 'rejected', secondStatus: 503, foreignLost: [] },
			recommendation: { registrationMode: 1 },
			cleanUp: 'nothing-to-remove',
		})
		expect(bench.bound).toEqual([DESK_PHONE])
	})

	it('does not go on blindly where the bindings may not be asked for', () => {
		const bench = new ProbeBench({ listing: 'refused' })
		expect(bench.run()).toMatchObject({ outcome: 'stopped', findings: { listing: 'refused' } })
		expect(new ProbeBench({ listing: 'refused', told: 'all', force: true }).run()).toMatchObject({
			outcome: 'complete',
			findings: { second: 'kept' },
			cleanUp: 'confirmed',
		})
	})

	it('says a wrong password once', () => {
		const bench = new ProbeBench({ wrongPassword: true })
		expect(bench.run()).toMatchObject({
			outcome: 'failed',
			blockingReason: 'wrong user name or password',
			cleanUp: 'nothing-to-remove',
		})
		expect(bench.registers).toHaveLength(2)
	})

	it('answers each challenge of a server whose nonces serve once', () => {
		const report = new ProbeBench({ oneTimeNonces: true }).run()
		expect(report).toMatchObject({ outcome: 'complete', cleanUp: 'verified' })
		expect(report.registersSent).toBeLessThanOrEqual(MOST_REGISTERS - 14)
	})

	it('is not the time at a server that is only starting', () => {
		const bench = new ProbeBench({ always: 503, extra: [['Retry-After', '300']] })
		const report = bench.run()
		expect(report).toMatchObject({ outcome: 'failed', cleanUp: 'nothing-to-remove' })
		expect(report.blockingReason).toContain('503 As Told, and wants to be asked again in 300 s')
		expect(bench.registers).toHaveLength(2)
	})

	it('ends at a server that does not answer', () => {
		expect(new ProbeBench({ silentAt: [1] }).run()).toMatchObject({
			outcome: 'failed',
			blockingReason: 'the SIP server cannot be reached or does not answer',
			cleanUp: 'nothing-to-remove',
			registersSent: 1,
		})
	})

	it('ends at a server that knows no such user, or refuses all', () => {
		expect(new ProbeBench({ always: 404 }).run()).toMatchObject({ outcome: 'failed', registersSent: 2 })
		expect(new ProbeBench({ always: 500, force: true }).run()).toMatchObject({
			outcome: 'failed',
			blockingReason: 'the SIP server answered 500 As Told',
		})
	})

	it('says when a contact stays', () => {
		expect(new ProbeBench({ deafToRemoval: true }).run()).toMatchObject({ cleanUp: 'left' })
	})

	// Must hold whatever the server is like and wherever it falls silent.
	it('leaves nothing behind, touches no foreign binding of a server that keeps several, and knows an end', () => {
		const rules: fc.Arbitrary<Partial<BenchRules>> = fc.record(
			{
				rule: fc.constantFrom('multi', 'overwrite', 'reject', 'keep-older'),
				listing: fc.constantFrom('lists', 'empty', 'refused'),
				told: fc.constantFrom('all', 'own', 'none'),
				minSeconds: fc.constantFrom(1, 60, 700, 4000),
				refusesShort: fc.boolean(),
				maxPrivateSeconds: fc.constantFrom(30, 7200),
				addresses: fc.constantFrom('any', 'private', 'plain'),
				privateVia: fc.boolean(),
				processes: fc.constantFrom('all', 'first'),
				zeroRemoves: fc.constantFrom('contact', 'contact', 'user'),
				showsHost: fc.constantFrom(undefined, '203.0.113.9:5099'),
				algorithms: fc.constantFrom([], ['MD5'], ['SHA-256', 'MD5']),
				oneTimeNonces: fc.boolean(),
				silentAt: fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 1 }),
				foreign: fc.constantFrom([], [DESK_PHONE]),
				force: fc.boolean(),
			},
			{ requiredKeys: [] },
		)
		const seed = process.env.VIGIL_TEST_SEED
		fc.assert(
			fc.property(rules, fc.integer({ min: 1, max: 60 }), (given, stopAfter) => {
				const bench = new ProbeBench(given)
				const report = bench.run(stopAfter)
				expect(report.registersSent).toBeLessThanOrEqual(MOST_REGISTERS)
				expect(bench.registers.map(({ attempt }) => attempt)).toEqual(bench.registers.map((_, index) => index + 1))
				const ours = bench.bound.filter((uri) => uri !== DESK_PHONE)
				if (report.cleanUp !== 'uncertain') expect(ours).toEqual([])
				if ((given.silentAt ?? []).length === 0) expect(['uncertain', 'left']).not.toContain(report.cleanUp)
				const joinable = given.force !== true || (given.rule !== 'overwrite' && given.zeroRemoves !== 'user')
				if (given.foreign?.length && joinable && given.listing !== 'empty') expect(bench.bound).toContain(DESK_PHONE)
			}),
			{ numRuns: 500, ...(seed === undefined ? {} : { seed: Number(seed) }) },
		)
	})
})
