import type { DeviceId } from '@vigil/domain'
import { testSeed } from '@vigil/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleRequest } from '../../test/support/requests.ts'
import { decideFromDevice, decideFromWorker, type RoutingRules } from './decide.ts'
import { flowTokenKey } from './flow-token.ts'
import { bindingRoute as makeBindingRoute, recordRoute } from './route-set.ts'

const key = flowTokenKey(Buffer.alloc(32, 1))
const deviceId = 'device-1' as DeviceId
const worker = { transport: 'tcp', host: '10.1.1.1', port: 5080 } as const
const rules: RoutingRules = {
	tokenKey: key,
	isOwnSentBy: (hostPort) => hostPort === '10.0.0.5:5070',
	isOwnHost: (host) => host === 'edge.example.com',
}
const inside = { transport: 'tcp', host: '10.0.0.5', port: 5070 }
const outside = { transport: 'wss', host: 'edge.example.com', port: 443 }

const bindingRoute = `<${makeBindingRoute(key, { deviceId }, inside)}>`
const insideRoute = `<${recordRoute(key, { deviceId, worker }, inside)}>`
const outsideRoute = `<${recordRoute(key, { deviceId, worker }, outside)}>`
const inDialog = '<sip:callee@example.com>;tag=to-1'
const contact = ['Contact', '<sip:w1@10.1.1.1:5080;transport=tcp>'] as const

describe('a request from a worker', () => {
	it('goes to the device of the token, and its dialog leads back to the Contact of the worker', () => {
		const decision = decideFromWorker(sampleRequest({ headers: [['Route', bindingRoute], contact] }), rules)
		expect(decision).toMatchObject({ kind: 'to-device', deviceId, inDialog: false, worker })
		if (decision.kind !== 'to-device') return
		expect(decision.request.headers.all('Route')).toEqual([])
		expect(decision.request.headers.get('Max-Forwards')).toBe('69')
	})

	it('leaves the request that it was given as it is', () => {
		const request = sampleRequest({ headers: [['Route', bindingRoute], contact] })
		decideFromWorker(request, rules)
		expect(request.headers.all('Route')).toEqual([bindingRoute])
		expect(request.headers.get('Max-Forwards')).toBe('70')
	})

	it.each([
		['two fields', [insideRoute, outsideRoute]],
		['one field', [`${insideRoute}, ${outsideRoute}`]],
	])('in a dialog takes both of our routes off (%s)', (_, routes) => {
		const headers = routes.map((route) => ['Route', route] as const)
		const decision = decideFromWorker(sampleRequest({ method: 'BYE', to: inDialog, headers }), rules)
		expect(decision).toMatchObject({ kind: 'to-device', deviceId, inDialog: true })
		expect(decision).not.toHaveProperty('worker')
		if (decision.kind === 'to-device') expect(decision.request.headers.has('Route')).toBe(false)
	})

	it('keeps routes that are not ours', () => {
		const beyond = '<sip:beyond.example.com;lr>'
		const decision = decideFromWorker(
			sampleRequest({ headers: [['Route', `${bindingRoute}, ${beyond}`], contact] }),
			rules,
		)
		if (decision.kind !== 'to-device') expect.unreachable()
		else expect(decision.request.headers.all('Route')).toEqual([beyond])
	})

	it('takes the sent-by of the Via where the Contact is of no use', () => {
		const headers = [
			['Route', bindingRoute],
			['Contact', '<tel:+123>'],
		] as const
		expect(decideFromWorker(sampleRequest({ headers }), rules)).toMatchObject({ worker })
	})

	it.each([
		['no route', sampleRequest({}), 403],
		['a route of somebody else', sampleRequest({ headers: [['Route', '<sip:10.9.9.9;lr>']] }), 403],
		['a forged token', sampleRequest({ headers: [['Route', bindingRoute.replace('>', 'A>')]] }), 403],
		['no hops left', sampleRequest({ maxForwards: '0', headers: [['Route', bindingRoute]] }), 483],
		['hops that are no number', sampleRequest({ maxForwards: 'many', headers: [['Route', bindingRoute]] }), 400],
		[
			'our own Via',
			sampleRequest({
				headers: [
					['Route', bindingRoute],
					['Via', 'SIP/2.0/TCP 10.0.0.5:5070;branch=z9hG4bKloop'],
				],
			}),
			482,
		],
		[
			'a demand on proxies',
			sampleRequest({
				headers: [
					['Route', bindingRoute],
					['Proxy-Require', 'privacy'],
				],
			}),
			420,
		],
		['a ping', sampleRequest({ method: 'OPTIONS', uri: 'sip:10.0.0.5:5070' }), 200],
		['a REGISTER', sampleRequest({ method: 'REGISTER' }), 403],
	])('is answered at once when it has %s', (_, request, status) => {
		expect(decideFromWorker(request, rules)).toMatchObject({ kind: 'response', status })
	})

	it('counts hops from 70 when nobody did before', () => {
		const decision = decideFromWorker(
			sampleRequest({ maxForwards: undefined, headers: [['Route', bindingRoute], contact] }),
			rules,
		)
		if (decision.kind !== 'to-device') expect.unreachable()
		else expect(decision.request.headers.get('Max-Forwards')).toBe('70')
	})
})

describe('a request from a device', () => {
	it('in a dialog goes to the worker of the token', () => {
		const request = sampleRequest({
			method: 'BYE',
			to: inDialog,
			uri: 'sip:w1@10.1.1.1:5080;transport=tcp',
			headers: [
				['Route', outsideRoute],
				['Route', insideRoute],
			],
		})
		const decision = decideFromDevice(request, rules)
		expect(decision).toMatchObject({ kind: 'to-worker', deviceId, worker })
		if (decision.kind === 'to-worker') expect(decision.request.headers.has('Route')).toBe(false)
	})

	it('goes to the worker whatever its Request-URI says', () => {
		const request = sampleRequest({
			method: 'BYE',
			to: inDialog,
			uri: 'sip:victim@203.0.113.7:5060',
			headers: [['Route', outsideRoute]],
		})
		expect(decideFromDevice(request, rules)).toMatchObject({ kind: 'to-worker', worker })
	})

	it.each([
		['an INVITE with our route', sampleRequest({ headers: [['Route', outsideRoute]] }), 403],
		['a BYE without a route', sampleRequest({ method: 'BYE', to: inDialog }), 481],
		['a route of its choosing', sampleRequest({ to: inDialog, headers: [['Route', '<sip:203.0.113.7;lr>']] }), 403],
		[
			'a route of its choosing behind ours',
			sampleRequest({ to: inDialog, headers: [['Route', `${outsideRoute}, <sip:203.0.113.7;lr>`]] }),
			403,
		],
		[
			'a route of its choosing before ours',
			sampleRequest({ to: inDialog, headers: [['Route', `<sip:203.0.113.7;lr>, ${outsideRoute}`]] }),
			403,
		],
		['a token without a worker', sampleRequest({ to: inDialog, headers: [['Route', bindingRoute]] }), 403],
		['no hops left', sampleRequest({ to: inDialog, maxForwards: '0', headers: [['Route', outsideRoute]] }), 483],
		['a ping', sampleRequest({ method: 'OPTIONS', uri: 'sip:edge.example.com' }), 200],
		['a MESSAGE', sampleRequest({ method: 'MESSAGE' }), 405],
		['a REFER of its own', sampleRequest({ method: 'REFER' }), 403],
		['an INVITE by another proxy', sampleRequest({ headers: [['Route', '<sip:203.0.113.7;lr>']] }), 403],
		['an INVITE without hops left', sampleRequest({ maxForwards: '0' }), 483],
	])('is refused or answered: %s', (_, request, status) => {
		expect(decideFromDevice(request, rules)).toMatchObject({ kind: 'response', status })
	})

	it.each([
		['without a route', []],
		['by us as its outbound proxy', [['Route', '<sip:edge.example.com:5061;transport=tls;lr>']]],
	] as const)('is a call when it is an INVITE %s', (_, headers) => {
		const decision = decideFromDevice(sampleRequest({ headers }), rules)
		if (decision.kind !== 'device-outgoing-call') expect.unreachable()
		else {
			expect(decision.request.headers.has('Route')).toBe(false)
			expect(decision.request.headers.get('Max-Forwards')).toBe('69')
		}
	})

	it('reaches no other hop than the one in its token, whatever it writes', () => {
		const text = fc.stringMatching(/^[ -~]{0,60}$/)
		const routes = fc.array(
			fc.oneof(text, fc.constantFrom(outsideRoute, insideRoute, bindingRoute, outsideRoute.slice(3))),
			{
				maxLength: 3,
			},
		)
		fc.assert(
			fc.property(routes, text, fc.constantFrom('BYE', 'INVITE', 'ACK', 'INFO'), (route, uri, method) => {
				const headers = route.map((value) => ['Route', value] as const)
				const decision = decideFromDevice(sampleRequest({ method, uri, to: inDialog, headers }), rules)
				if (decision.kind === 'to-worker') expect(decision.worker).toEqual(worker)
			}),
			{ seed: testSeed() },
		)
	})
})
