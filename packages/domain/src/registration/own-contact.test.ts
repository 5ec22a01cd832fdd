import type { ResponseView } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { RegistrationBench } from '../../test/registrar-model.ts'
import { listedBindings, ownBinding } from './own-binding.ts'
import type { OwnContact } from './own-contact.ts'

const OWN: OwnContact = {
	contactUser: 'dC8ZgMVhkzq3Q7bW',
	contactUri: 'sip:dC8ZgMVhkzq3Q7bW@192.0.2.9:5080;transport=tcp',
	contactParams: ';+sip.instance="<urn:uuid:0b0a7c2e-4a7b-8c11-9d2e-7f6a5b4c3d2e>";reg-id=1',
	aor: 'sip:alice@example.com',
}
const PHONE = '<sip:alice@198.51.100.7:5060>;expires=17'

function listing(...contacts: readonly string[]): ResponseView {
	return {
		status: 200,
		reason: 'OK',
		headers: {
			get: (name) => (name === 'Contact' ? contacts[0] : undefined),
			all: (name) => (name === 'Contact' ? [...contacts] : []),
		},
	}
}

describe('our own contact in a 2xx to REGISTER', () => {
	it.each([
		['as sent', '<sip:dC8ZgMVhkzq3Q7bW@192.0.2.9:5080;transport=tcp>'],
		['with another host and port', '<sip:dC8ZgMVhkzq3Q7bW@203.0.113.4:33001>'],
		['with an escape that says the same', '<sip:%64C8ZgMVhkzq3Q7bW@192.0.2.9:5080;transport=tcp>'],
		['in lower case', '<sip:dc8zgmvhkzq3q7bw@192.0.2.9:5080>'],
		['inside of the user that a proxy wrote', '<sip:enc*dC8ZgMVhkzq3Q7bW*192.0.2.9*5080*tcp@sbc.example.com>'],
		['inside of a parameter', '<sip:sbc.example.com;orig=sip%3AdC8ZgMVhkzq3Q7bW%40192.0.2.9>'],
		['as the user of the account at our address', '<sip:alice@192.0.2.9:5080>'],
		['without a user at our address', '<sip:192.0.2.9:5080>'],
		[
			'by its instance and reg-id',
			'<sip:x9@203.0.113.4>;reg-id=1;+sip.instance="<urn:uuid:0B0A7C2E-4A7B-8C11-9D2E-7F6A5B4C3D2E>"',
		],
		['by its instance alone', '<sip:x9@203.0.113.4>;+sip.instance="<urn:uuid:0b0a7c2e-4a7b-8c11-9d2e-7f6a5b4c3d2e>"'],
	])('is known %s', (_how, contact) => {
		const response = listing(PHONE, `${contact};expires=600`)
		expect(ownBinding(response, OWN, 300)).toMatchObject({ bound: true, expiresSeconds: 600 })
		expect(listedBindings(response, OWN)).toMatchObject({ ours: true, others: 1 })
	})

	it.each([
		['another user', '<sip:bob@198.51.100.7>'],
		['the same user elsewhere', '<sip:alice@198.51.100.7:5080>'],
		['the same user at another port of ours', '<sip:alice@192.0.2.9:5081>'],
		['another account of this service', '<sip:kL2mNpQrStUvWxYz@192.0.2.9:5080>'],
		['a part of the token', '<sip:dC8ZgMVh@198.51.100.7>'],
		[
			'another flow of the instance',
			'<sip:x@203.0.113.4>;reg-id=2;+sip.instance="<urn:uuid:0b0a7c2e-4a7b-8c11-9d2e-7f6a5b4c3d2e>"',
		],
		[
			'another instance',
			'<sip:x@203.0.113.4>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-8000-8000-000000000001>"',
		],
		['what cannot be read', '<sip:alice@198.51.100.7'],
	])('is not %s', (_who, contact) => {
		const response = listing(PHONE, `${contact};expires=600`)
		expect(ownBinding(response, OWN, 300)).toEqual({ bound: false })
		expect(listedBindings(response, OWN)).toMatchObject({ ours: false, others: 2 })
	})

	it('lives as long as the longest of those listed twice', () => {
		const short = '<sip:dC8ZgMVhkzq3Q7bW@192.0.2.9:5080>;expires=30'
		const long = '<sip:dC8ZgMVhkzq3Q7bW@192.0.2.9:5080;transport=tcp>;expires=600'
		for (const response of [listing(short, long), listing(long, short), listing(`${short}, ${long}`)]) {
			expect(ownBinding(response, OWN, 300)).toMatchObject({ bound: true, expiresSeconds: 600 })
		}
	})

	it('is the one with the lifetime that was asked for beside the remnant of an earlier connection', () => {
		const [remnant, renewed] = [600, 60].map((left) => `<sip:dC8ZgMVhkzq3Q7bW@192.0.2.9:5080>;expires=${left}`)
		for (const response of [listing(remnant ?? '', renewed ?? ''), listing(renewed ?? '', remnant ?? '')]) {
			expect(ownBinding(response, OWN, 60)).toMatchObject({ bound: true, expiresSeconds: 60 })
		}
	})
})

describe('a registrar that lists a contact which nobody knows', () => {
	const ALIAS = 'sip:alice@198.51.100.9:53951'

	function firstResponse(...contacts: readonly string[]): RegistrationBench {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(200, [['Contact', contacts.join(', ')]])
		return bench
	}

	function nextResponse(bench: RegistrationBench, ...contacts: readonly string[]): void {
		bench.due()
		bench.respond(200, [['Contact', contacts.join(', ')]])
	}

	it('is taken at its word where it is the only one, and looked at again soon', () => {
		const bench = firstResponse(`<${ALIAS}>;expires=1200`)
		expect(bench.state.status).toMatchObject({ state: 'registered', grantedExpiresSeconds: 1200, confirmed: false })
		expect(bench.dueAtMs - bench.nowMs).toBeLessThanOrEqual(10_000)
	})

	it('shows ours in its place where our REGISTER renews it', () => {
		const bench = firstResponse(`<${ALIAS}>;expires=1200`)
		nextResponse(bench, `<${ALIAS}>;expires=1200`)
		expect(bench.state.status).toMatchObject({ state: 'registered' })
		expect(bench.state.status).not.toHaveProperty('confirmed')
		expect(bench.dueAtMs - bench.nowMs).toBeGreaterThan(600_000)
		// From then on it is told from a device's, also when asked.
		bench.queryBindings(1)
		const effects = bench.respond(200, [['Contact', `<sip:alice@203.0.113.8>;expires=99, <${ALIAS}>;expires=1190`]])
		expect(effects).toMatchObject([{ type: 'bindings', query: 1, ours: true, others: 1 }])
	})

	it('has a device bound in place of us where it runs on under our REGISTERs, for as often as we ask', () => {
		const bench = firstResponse(`<${ALIAS}>;expires=1200`)
		for (let asked = 0, left = 0; asked < 4; asked++) {
			left = 1200 - Math.round(bench.dueAtMs / 1000)
			nextResponse(bench, `<${ALIAS}>;expires=${left}`)
			expect(bench.state.status).toMatchObject({ state: 'failing', reason: expect.stringContaining('beside the 1') })
		}
		expect(bench.effects).toContainEqual({ type: 'rejected-concurrent', others: 1 })
		// The device goes.
		nextResponse(bench, '<sip:token-1@192.0.2.9:5080>;expires=600')
		expect(bench.state.status.state).toBe('registered')
	})

	it('is not said to have nothing of ours while that is not settled', () => {
		const bench = firstResponse(`<${ALIAS}>;expires=1200`)
		bench.queryBindings(1)
		const effects = bench.respond(200, [['Contact', `<sip:alice@203.0.113.8>;expires=99, <${ALIAS}>;expires=1199`]])
		expect(effects).toEqual([expect.objectContaining({ type: 'bindings', query: 1, ours: true, others: 1 })])
	})

	it('shows ours in the newer of two alike, as where each connection has a binding of its own', () => {
		const bench = firstResponse(`<${ALIAS}>;expires=60`)
		for (const [remnant, renewed] of [
			[50, 60],
			[40, 60],
		] as const) {
			nextResponse(bench, `<${ALIAS}>;expires=${remnant}`, `<${ALIAS}>;expires=${renewed}`)
			expect(bench.state.status).toMatchObject({ state: 'registered', grantedExpiresSeconds: 60 })
		}
	})

	it('is not believed to hide ours once it has listed it', () => {
		const bench = firstResponse('<sip:token-1@192.0.2.9:5080>;expires=600')
		nextResponse(bench, `<${ALIAS}>;expires=600`)
		expect(bench.effects).toContainEqual({ type: 'rejected-concurrent', others: 1 })
	})

	it('shows ours in the one of several that has all of the lifetime asked for', () => {
		const bench = firstResponse('<sip:alice@203.0.113.8>;expires=99', `<${ALIAS}>;expires=600`)
		expect(bench.state.status).toMatchObject({ state: 'registered', confirmed: false })
		nextResponse(bench, '<sip:alice@203.0.113.8>;expires=92', `<${ALIAS}>;expires=600`)
		expect(bench.state.status).toMatchObject({ state: 'registered', grantedExpiresSeconds: 600 })
		expect(bench.state.status).not.toHaveProperty('confirmed')
	})

	it('does not bind us where it lists several that have run for a while', () => {
		const bench = firstResponse('<sip:alice@203.0.113.8>;expires=99', `<${ALIAS}>;expires=44`)
		expect(bench.effects).toContainEqual({ type: 'rejected-concurrent', others: 2 })
	})
})

describe('a 2xx that lists nobody', () => {
	it('binds us, unconfirmed, until one lists us', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(200, [['Expires', '300']])
		expect(bench.state.status).toMatchObject({ state: 'registered', grantedExpiresSeconds: 300, confirmed: false })
		bench.due()
		expect(bench.respond(200, [['Expires', '300']])).toEqual([])
		bench.due()
		const [told] = bench.accept(300)
		expect(told).toMatchObject({ type: 'status', status: { state: 'registered' } })
		expect(bench.state.status).not.toHaveProperty('confirmed')
	})
})
