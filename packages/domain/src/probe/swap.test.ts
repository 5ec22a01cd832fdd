import { describe, expect, it } from 'vitest'
import { ProbeBench } from '../../test/probe-bench.ts'

const DESK_PHONE = 'sip:desk@198.51.100.7:5060'

describe('the atomic swap', () => {
	it.each([
		['keeps several', { rule: 'multi' }],
		['keeps the newest', { rule: 'overwrite' }],
		['refuses a second', { rule: 'reject' }],
		['takes a second and keeps the first', { rule: 'keep-older' }],
		['knows contacts by another host than they came with', { rule: 'multi', showsHost: '203.0.113.9:5099' }],
		[
			'keeps the newest, of the first Contact alone, and takes 0 for all',
			{ rule: 'overwrite', processes: 'first', zeroRemoves: 'user' },
		],
	] as const)('is found at a server that %s', (_, rules) => {
		const bench = new ProbeBench(rules)
		const report = bench.run()
		expect(report).toMatchObject({ outcome: 'complete', findings: { swap: 'honoured' }, cleanUp: 'verified' })
		expect(report.findings).not.toHaveProperty('swapFailure')
		const { recommendation } = report
		expect(recommendation?.contactSwap).toBe(recommendation?.registrationMode === 1 ? true : undefined)
		expect(report.recommendation?.reasons.join()).toContain('atomic swap: one REGISTER')
		expect(bench.bound).toEqual([])
	})

	it('is tried in both directions, the new contact bound and the other one removed as the server names it', () => {
		const bench = new ProbeBench({ rule: 'reject', showsHost: '203.0.113.9:5099' })
		bench.run()
		const swaps = bench.registers.filter(({ removes }) => removes !== undefined)
		expect(swaps.map(({ contact, removes }) => [contact?.name, removes?.contact.name, removes?.listedAs])).toEqual([
			['second', 'first', 'sip:one@203.0.113.9:5099'],
			['first', 'second', 'sip:two@203.0.113.9:5099'],
		])
		expect(swaps.every(({ expiresSeconds }) => expiresSeconds === 60)).toBe(true)
	})

	it.each([
		['the first Contact alone is processed, and several are kept', { processes: 'first' }, { swapFailure: 'both' }],
		[
			'the first Contact alone is processed, and a second is refused',
			{ rule: 'reject', processes: 'first' },
			{ swapFailure: 'old', swapStatus: 503 },
		],
		['an expiry of 0 ends everything', { zeroRemoves: 'user' }, { swapFailure: 'none', zeroRemoves: 'user' }],
		['removals are answered and not done', { deafToRemoval: true }, { swapFailure: 'both' }],
	] as const)('is not found where %s', (_, rules, found) => {
		const report = new ProbeBench(rules).run()
		expect(report).toMatchObject({ outcome: 'complete', findings: { swap: 'not-honoured', ...found } })
		const { recommendation } = report
		expect(recommendation?.contactSwap).toBe(recommendation?.registrationMode === 1 ? false : undefined)
		expect(report.recommendation?.reasons.join()).toContain('no atomic swap')
	})

	it.each([
		['the answer to it lists everything', { listing: 'empty', told: 'all' }, 'honoured'],
		['a second contact was refused', { rule: 'reject', listing: 'refused', told: 'own', force: true }, 'honoured'],
		[
			'the first Contact alone is processed and refused',
			{ rule: 'reject', listing: 'empty', told: 'own', processes: 'first' },
			'not-honoured',
		],
		['the answer lists both', { listing: 'empty', told: 'all', processes: 'first' }, 'not-honoured'],
		['nobody can see what is left', { listing: 'empty', told: 'own' }, 'unknown'],
	] as const)('is judged without a list where %s', (_, rules, swap) => {
		const bench = new ProbeBench(rules)
		const { findings, recommendation } = bench.run()
		expect(findings.swap).toBe(swap)
		if (swap === 'unknown') expect(recommendation).not.toHaveProperty('contactSwap')
		expect(bench.bound).toEqual([])
	})

	it('leaves others alone where several are kept', () => {
		const bench = new ProbeBench({ foreign: [DESK_PHONE], force: true })
		expect(bench.run()).toMatchObject({ findings: { swap: 'honoured', foreignLost: [] } })
		expect(bench.bound).toEqual([DESK_PHONE])
	})
})

describe('what an expiry of 0 ends', () => {
	it('is the binding of its contact by the book, and all of the user elsewhere, which is a warning', () => {
		expect(new ProbeBench({}).run().findings.zeroRemoves).toBe('contact')
		for (const rule of ['multi', 'overwrite', 'reject'] as const) {
			const bench = new ProbeBench({ rule, zeroRemoves: 'user' })
			const report = bench.run()
			expect(report.findings.zeroRemoves).toBe('user')
			expect(report.warnings.join()).toContain('ends every binding of the user')
			expect([bench.bound, report.cleanUp]).toEqual([[], 'verified'])
		}
	})

	it('speaks against mode 0 where it ends all of several', () => {
		expect(new ProbeBench({ zeroRemoves: 'user' }).run().recommendation?.registrationMode).toBe(2)
	})

	it('names the others that were lost by it, where it was forced to', () => {
		const report = new ProbeBench({ zeroRemoves: 'user', foreign: [DESK_PHONE], force: true }).run()
		expect(report.findings.foreignLost).toEqual([DESK_PHONE])
	})
})

describe('a server that listens only to who is behind NAT', () => {
	it('is asked from a private address from then on, without force', () => {
		const bench = new ProbeBench({ privateVia: true, addresses: 'private' })
		expect(bench.run()).toMatchObject({
			outcome: 'complete',
			findings: { plain: { status: 403 }, private: { grantedSeconds: 60 }, listing: 'lists', swap: 'honoured' },
			recommendation: { natEmulation: true, registrationMode: 0 },
			cleanUp: 'verified',
		})
		const fromPlain = bench.registers.filter(({ address }) => address === 'plain')
		// Challenge and refusal of the very first request.
		expect(fromPlain).toHaveLength(2)
	})

	it('finds others there as well', () => {
		const bench = new ProbeBench({ privateVia: true, foreign: [DESK_PHONE] })
		expect(bench.run()).toMatchObject({ outcome: 'stopped', findings: { foreign: [DESK_PHONE] } })
		expect(bench.registers.every(({ contact }) => contact === undefined)).toBe(true)
	})

	it('is asked from a private address once only such a contact was taken', () => {
		const bench = new ProbeBench({ addresses: 'private' })
		bench.run()
		expect(bench.registers.at(-1)).toMatchObject({ address: 'private' })
	})

	it('is taken for one that does not list when it does not answer either', () => {
		const silent = new ProbeBench({ listing: 'refused', silentAt: [3] }).run()
		expect(silent).toMatchObject({ outcome: 'stopped', findings: { listing: 'refused' } })
		expect(silent.blockingReason).toContain('403')
	})
})
