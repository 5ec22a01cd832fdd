import { buildRequest, type HeaderPair } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { LocationTable } from './location-table.ts'
import { applyRegister, type RegistrationSettings } from './registration-rules.ts'

const SETTINGS: RegistrationSettings = {
	minExpiresSeconds: 60,
	maxExpiresSeconds: 3600,
	defaultExpiresSeconds: 600,
	maxBindings: 2,
	whenFull: 'replace',
}
const SOURCE = { transport: 'udp', host: '192.0.2.1', port: 5060 } as const
const NOW = 1_767_225_600_000

function registration(settings: Partial<RegistrationSettings> = {}) {
	const table = new LocationTable()
	const register = (cseq: number, headers: readonly HeaderPair[], { callId = 'a', nowMs = NOW } = {}) => {
		const fixed: HeaderPair[] = [
			['Call-ID', callId],
			['CSeq', `${cseq} REGISTER`],
		]
		const request = buildRequest({ method: 'REGISTER', uri: 'sip:example.test', headers: [...fixed, ...headers] })
		return applyRegister(request, 'alice', SOURCE, table, { ...SETTINGS, ...settings }, nowMs)
	}
	const bound = (nowMs = NOW) => table.of('alice', nowMs).map((binding) => binding.contact)
	return { register, bound }
}

const contact = (text: string): HeaderPair => ['Contact', text]

describe('applyRegister', () => {
	it('lists the bindings for a REGISTER without Contact, with the seconds that are left', () => {
		const { register } = registration()
		register(1, [contact('<sip:a@192.0.2.1>;expires=300')])
		expect(register(2, [], { nowMs: NOW + 100_000 }).headers).toEqual([['Contact', '<sip:a@192.0.2.1>;expires=200']])
	})

	it('forgets a binding when its time is over', () => {
		const { register, bound } = registration()
		register(1, [contact('<sip:a@192.0.2.1>')])
		expect(bound(NOW + 599_999)).toEqual(['sip:a@192.0.2.1'])
		expect(bound(NOW + 600_000)).toEqual([])
	})

	it('refuses a CSeq that does not rise within a registration, and leaves all as it was', () => {
		const { register, bound } = registration()
		register(5, [contact('<sip:a@192.0.2.1>')])
		const late = register(4, [contact('<sip:a@192.0.2.1>;expires=0'), contact('<sip:b@192.0.2.1>')])
		expect(late).toMatchObject({ status: 400, reason: 'Out Of Order CSeq' })
		expect(register(5, [contact('*'), ['Expires', '0']]).status).toBe(400)
		expect(bound()).toEqual(['sip:a@192.0.2.1'])
		expect(register(1, [contact('<sip:a@192.0.2.1>')], { callId: 'b' }).status).toBe(200)
	})

	it('removes the old and adds the new contact in one step, also where one is allowed', () => {
		const { register, bound } = registration({ maxBindings: 1, whenFull: 'refuse' })
		register(1, [contact('<sip:old@192.0.2.1>')])
		const both = [contact('<sip:old@192.0.2.1>;expires=0'), contact('<sip:new@192.0.2.2>')]
		expect(register(1, both, { callId: 'b' }).status).toBe(200)
		expect(bound()).toEqual(['sip:new@192.0.2.2'])
	})

	it('removes every contact for *, which needs Expires: 0', () => {
		const { register, bound } = registration()
		register(1, [contact('<sip:a@192.0.2.1>, <sip:b@192.0.2.1>')])
		expect(register(2, [contact('*')]).status).toBe(400)
		expect(bound()).toHaveLength(2)
		expect(register(3, [contact('*'), ['Expires', '0']])).toEqual({ status: 200, headers: [] })
		expect(bound()).toEqual([])
	})

	it('refuses short wishes, but not 0', () => {
		const { register } = registration()
		expect(register(1, [contact('<sip:a@192.0.2.1>;expires=59')])).toMatchObject({ status: 423 })
		expect(register(2, [contact('<sip:a@192.0.2.1>;expires=0')]).status).toBe(200)
	})

	it('pushes out the oldest contact, or refuses the new one', () => {
		const contacts = ['a', 'b', 'c'].map((name) => contact(`<sip:${name}@192.0.2.1>`))
		const replacing = registration()
		contacts.forEach((one, i) => {
			replacing.register(i + 1, [one])
		})
		expect(replacing.bound()).toEqual(['sip:b@192.0.2.1', 'sip:c@192.0.2.1'])
		const refusing = registration({ whenFull: 'refuse' })
		expect(contacts.map((one, i) => refusing.register(i + 1, [one]).status)).toEqual([200, 200, 403])
	})
})
