import { Secret } from '@vigil/domain'
import { describe, expect, it } from 'vitest'
import {
	credentialsFor,
	flowA,
	flowB,
	headerOf,
	RegistrarRun,
	registerRequest,
	responseOf,
	rules,
	typesOf,
} from '../../test/support/registering.ts'

const PASSWORD = 'correct horse'
const newRun = () => new RegistrarRun({ secret: new Secret(PASSWORD) })
const outbound = {
	contact: ['<sip:u1@abc.invalid;transport=ws>;+sip.instance="<urn:uuid:1>";reg-id=1'],
	supported: 'path, outbound',
}

describe('registrar: who is there', () => {
	it('challenges with SHA-256 first and MD5 second, one nonce for both', () => {
		const response = responseOf(newRun().register(registerRequest()))
		expect(response.status).toBe(401)
		const challenges = response.headers.map(([, value]) => value)
		expect(challenges).toHaveLength(2)
		expect(challenges[0]).toContain('algorithm=SHA-256')
		expect(challenges[1]).toContain('algorithm=MD5')
		expect(challenges[0]?.match(/nonce="[^"]+"/)?.[0]).toBe(challenges[1]?.match(/nonce="[^"]+"/)?.[0])
	})

	it.each(['SHA-256', 'MD5'] as const)('binds on the right password by %s', (hash) => {
		const effects = newRun().registerWith(PASSWORD, {}, flowA, { hash })
		expect(typesOf(effects)).toEqual(['password', 'respond', 'attached'])
		expect(responseOf(effects).status).toBe(200)
		expect(headerOf(responseOf(effects), 'Contact')).toBe('<sip:u1@abc.invalid;transport=ws>;expires=600')
	})

	it('challenges again on a wrong password, and refuses when that was the last try', () => {
		const run = newRun()
		const first = run.registerWith('wrong')
		expect(first[0]).toEqual({ type: 'password', right: false })
		expect(responseOf(first).status).toBe(401)
		expect(headerOf(responseOf(first), 'WWW-Authenticate')).not.toContain('stale')
		expect(responseOf(run.registerWith('wrong', {}, flowA, { throttle: 'device-blocked' })).status).toBe(403)
		expect(run.state).toEqual({ dueAtMs: undefined })
	})

	it('answers for an unknown device as for a wrong password', () => {
		const known = responseOf(newRun().registerWith('wrong'))
		const unknown = responseOf(new RegistrarRun(undefined).registerWith('wrong'))
		expect(unknown).toEqual(known)
	})

	it('does not look the password up for a nonce that is not ours', () => {
		const run = newRun()
		const challenged = responseOf(run.register(registerRequest()))
		const authorization = credentialsFor(challenged, PASSWORD).replace(/nonce="[^"]{4}/, 'nonce="AAAA')
		const effects = run.register(registerRequest({ authorization }))
		expect(typesOf(effects)).toEqual(['respond'])
		expect(headerOf(responseOf(effects), 'WWW-Authenticate')).toContain('stale=true')
	})

	it('calls a nonce stale when it is too old or came to another address', () => {
		const run = newRun()
		const challenged = responseOf(run.register(registerRequest()))
		const authorization = credentialsFor(challenged, PASSWORD)
		const elsewhere = responseOf(run.register(registerRequest({ authorization }), flowB))
		expect(headerOf(elsewhere, 'WWW-Authenticate')).toContain('stale=true')
		run.nowMs += rules.nonceMaxAgeMs + 1
		const late = responseOf(run.register(registerRequest({ authorization })))
		expect(headerOf(late, 'WWW-Authenticate')).toContain('stale=true')
	})

	it('takes a nonce again with a higher count, and not with one that was used', () => {
		const run = newRun()
		const challenged = responseOf(run.register(registerRequest()))
		const withCount = (nc: number, cseq: number) =>
			run.register(registerRequest({ authorization: credentialsFor(challenged, PASSWORD, { nc }), cseq }))
		expect(responseOf(withCount(1, 1)).status).toBe(200)
		expect(responseOf(withCount(1, 2)).status).toBe(401)
		expect(responseOf(withCount(2, 3)).status).toBe(200)
		expect(headerOf(responseOf(withCount(2, 4)), 'WWW-Authenticate')).toContain('stale=true')
	})

	it('takes no overheard REGISTER again, neither after a newer nonce nor after the device has gone', () => {
		const run = newRun()
		const authorization = credentialsFor(responseOf(run.register(registerRequest())), PASSWORD)
		const overheard = registerRequest({ authorization, contact: ['<sip:thief@203.0.113.9>'], callId: 'theft' })
		expect(responseOf(run.register(registerRequest({ authorization }))).status).toBe(200)
		expect(responseOf(run.registerWith(PASSWORD, { cseq: 3 })).status).toBe(200)
		expect(responseOf(run.register(overheard)).status).toBe(401)
		run.feed({ type: 'flow-closed', flowId: flowA.id })
		expect(responseOf(run.register(overheard)).status).toBe(401)
	})

	it('refuses the digest without qop', () => {
		const run = newRun()
		const challenged = responseOf(run.register(registerRequest()))
		const authorization = credentialsFor(challenged, PASSWORD).replace(/, cnonce=.*nc=0*1/, '')
		expect(responseOf(run.register(registerRequest({ authorization }))).status).toBe(401)
	})

	it('refuses a wrong password from where too many came, and takes the right one', () => {
		const run = newRun()
		const wrong = responseOf(run.registerWith('wrong', {}, flowA, { throttle: 'source-blocked' }))
		expect(wrong.status).toBe(503)
		expect(headerOf(wrong, 'Retry-After')).toBe('5')
		for (const throttle of ['source-blocked', 'device-blocked'] as const) {
			expect(responseOf(newRun().registerWith(PASSWORD, {}, flowA, { throttle })).status).toBe(200)
		}
	})
})

describe('registrar: bindings', () => {
	it.each([
		['nothing asked for', {}, 600],
		['Expires', { expires: '120' }, 120],
		['the parameter before Expires', { contact: ['<sip:u1@h>;expires=90'], expires: '120' }, 90],
		['more than allowed', { expires: '86400' }, 600],
		['rubbish', { expires: 'soon' }, 600],
	])('lasts as long as agreed: %s', (_, overrides, seconds) => {
		const run = newRun()
		const effects = run.registerWith(PASSWORD, overrides)
		expect(headerOf(responseOf(effects), 'Contact')).toContain(`expires=${seconds}`)
		expect(run.state.binding?.expiresAtMs).toBe(run.nowMs + seconds * 1000)
	})

	it('refuses a life that is too short, with the shortest allowed', () => {
		const response = responseOf(newRun().registerWith(PASSWORD, { expires: '59' }))
		expect(response.status).toBe(423)
		expect(headerOf(response, 'Min-Expires')).toBe('60')
	})

	it('agrees to outbound with a device that knows it', () => {
		const response = responseOf(newRun().registerWith(PASSWORD, outbound))
		expect(headerOf(response, 'Require')).toBe('outbound')
		expect(headerOf(response, 'Flow-Timer')).toBe('120')
		expect(headerOf(response, 'Contact')).toBe(
			'<sip:u1@abc.invalid;transport=ws>;expires=600;+sip.instance="<urn:uuid:1>";reg-id=1',
		)
	})

	it.each([
		['no reg-id', { ...outbound, contact: ['<sip:u1@h>;+sip.instance="<urn:uuid:1>"'] }],
		['no instance-id', { ...outbound, contact: ['<sip:u1@h>;reg-id=1'] }],
		['no option tag', { contact: outbound.contact }],
		['another hop before us', { ...outbound, headers: [['Via', 'SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKx']] as const }],
	])('does without outbound when there is %s', (_, overrides) => {
		expect(headerOf(responseOf(newRun().registerWith(PASSWORD, overrides)), 'Require')).toBeUndefined()
	})

	it('is refreshed on the same flow without a word to anybody', () => {
		const run = newRun()
		run.registerWith(PASSWORD)
		run.nowMs += 300_000
		const effects = run.registerWith(PASSWORD, { cseq: 3 })
		expect(typesOf(effects)).toEqual(['password', 'respond'])
		expect(run.state.binding).toMatchObject({ bindingId: 'b1', expiresAtMs: run.nowMs + 600_000 })
	})

	it('is stored again, silently, before the stored one would expire', () => {
		const run = newRun()
		run.registerWith(PASSWORD)
		run.nowMs += rules.storedLifetimeMs - 500_000
		const effects = run.registerWith(PASSWORD, { cseq: 3 })
		expect(typesOf(effects)).toEqual(['password', 'respond', 'store'])
		expect(run.state.binding?.storedUntilMs).toBe(run.nowMs + rules.storedLifetimeMs)
	})

	it('is replaced by a REGISTER through another flow, and is not gone in between', () => {
		const run = newRun()
		run.registerWith(PASSWORD)
		const effects = run.registerWith(PASSWORD, { callId: 'reg-2' }, flowB)
		expect(typesOf(effects)).toEqual(['password', 'respond', 'attached'])
		expect(run.state.binding).toMatchObject({ bindingId: 'b2', flowId: 'flow-b' })
		expect(run.feed({ type: 'flow-closed', flowId: 'flow-a' })).toEqual([])
		expect(run.state.binding?.bindingId).toBe('b2')
	})

	it('keeps its id when only the Contact changes, which is news', () => {
		const run = newRun()
		run.registerWith(PASSWORD)
		const effects = run.registerWith(PASSWORD, { cseq: 3, contact: ['<sip:u2@abc.invalid>'] })
		expect(typesOf(effects)).toContain('attached')
		expect(run.state.binding).toMatchObject({ bindingId: 'b1', contact: { uri: 'sip:u2@abc.invalid' } })
	})

	it('is gone with its flow', () => {
		const run = newRun()
		run.registerWith(PASSWORD)
		const effects = run.feed({ type: 'flow-closed', flowId: flowA.id })
		expect(effects[0]).toMatchObject({ type: 'detached', cause: 'flow-closed', binding: { bindingId: 'b1' } })
		expect(run.state.binding).toBeUndefined()
	})

	it('expires, and everything is forgotten once no nonce of it is good any more', () => {
		const run = newRun()
		run.registerWith(PASSWORD, { expires: '60' })
		run.nowMs += 60_000
		const effects = run.feed({ type: 'due' })
		expect(effects[0]).toMatchObject({ type: 'detached', cause: 'expired' })
		run.nowMs = run.state.dueAtMs ?? Number.NaN
		expect(run.feed({ type: 'due' })).toEqual([])
		expect(run.state).toEqual({ dueAtMs: undefined })
	})

	it('stays when a timer fires early', () => {
		const run = newRun()
		run.registerWith(PASSWORD)
		expect(run.feed({ type: 'due' })).toEqual([])
		expect(run.state.binding).toBeDefined()
	})

	it.each([
		['its own URI', { contact: ['<sip:u1@abc.invalid;transport=ws>;expires=0'] }],
		['Expires 0', { expires: '0' }],
		['everything', { contact: ['*'], expires: '0' }],
		['an address that it has learnt since', { contact: ['<sip:u1@198.51.100.1:40001;transport=ws>;expires=0'] }],
		['its instance in another case', { contact: ['<sip:x@y>;+sip.instance="<URN:UUID:AB>";expires=0'] }],
	])('is given up by %s', (_, overrides) => {
		const run = newRun()
		run.registerWith(PASSWORD, { contact: ['<sip:u1@abc.invalid;transport=ws>;+sip.instance="<urn:uuid:ab>"'] })
		const effects = run.registerWith(PASSWORD, { ...overrides, cseq: 3 })
		expect(typesOf(effects)).toEqual(['password', 'respond', 'detached'])
		expect(headerOf(responseOf(effects), 'Contact')).toBeUndefined()
		expect(run.state.binding).toBeUndefined()
	})

	it('survives the late good-bye of the flow that the device left', () => {
		const run = newRun()
		run.registerWith(PASSWORD, outbound)
		run.registerWith(
			PASSWORD,
			{ ...outbound, contact: ['<sip:u2@x>;+sip.instance="<urn:uuid:1>"'], callId: 'r2' },
			flowB,
		)
		const effects = run.registerWith(PASSWORD, { ...outbound, expires: '0', cseq: 5 }, flowA)
		expect(typesOf(effects)).toEqual(['password', 'respond'])
		expect(headerOf(responseOf(effects), 'Contact')).toContain('sip:u2@x')
	})

	it.each([
		['another user’s Contact', { contact: ['<sip:u9@abc.invalid;transport=ws>;expires=0'], cseq: 3 }],
		['its address of another registration', { contact: ['<sip:u1@192.0.2.9>;expires=0'], callId: 'reg-2' }],
	])('stays when %s is given up', (_, overrides) => {
		const run = newRun()
		run.registerWith(PASSWORD)
		run.registerWith(PASSWORD, overrides)
		expect(run.state.binding?.bindingId).toBe('b1')
	})

	it('is told to who asks without a Contact', () => {
		const run = newRun()
		run.registerWith(PASSWORD)
		run.nowMs += 100_000
		const effects = run.registerWith(PASSWORD, { contact: [], cseq: 3 })
		expect(headerOf(responseOf(effects), 'Contact')).toBe('<sip:u1@abc.invalid;transport=ws>;expires=500')
		expect(typesOf(effects)).not.toContain('attached')
	})

	it('is not moved back by a REGISTER that was overtaken', () => {
		const run = newRun()
		run.registerWith(PASSWORD, { cseq: 9 })
		expect(responseOf(run.registerWith(PASSWORD, { cseq: 8, expires: '0' })).status).toBe(400)
		expect(run.state.binding).toBeDefined()
	})

	it('takes the first Contact of several, as all of them lead to the same flow', () => {
		const contact = ['<sip:u0@h>;expires=0', '<sip:u1@h;transport=tcp>', '<sip:u1@[2001:db8::1];transport=tcp>']
		const response = responseOf(newRun().registerWith(PASSWORD, { contact }))
		expect(response.status).toBe(200)
		expect(headerOf(response, 'Contact')).toBe('<sip:u1@h;transport=tcp>;expires=600')
	})

	it('goes with the device, and so does the flow', () => {
		const run = newRun()
		run.registerWith(PASSWORD)
		const effects = run.feed({ type: 'device-removed' })
		expect(effects[0]).toMatchObject({ type: 'detached', cause: 'device-removed' })
		expect(effects).toContainEqual({ type: 'close-flow', flowId: 'flow-a' })
	})
})

describe('registrar: going down', () => {
	it('takes nothing new, and keeps serving what is attached', () => {
		const run = newRun()
		const refused = responseOf(run.register(registerRequest(), flowA, { draining: true }))
		expect(refused.status).toBe(503)
		expect(headerOf(refused, 'Retry-After')).toBe('5')
		run.registerWith(PASSWORD)
		expect(responseOf(run.register(registerRequest({ cseq: 3 }), flowA, { draining: true })).status).toBe(401)
		expect(responseOf(run.register(registerRequest({ cseq: 3 }), flowB, { draining: true })).status).toBe(503)
	})
})
