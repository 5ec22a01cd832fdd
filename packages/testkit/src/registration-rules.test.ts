import { buildRequest, type HeaderPair } from '@vigil/sip'
import { describe, expect, it } from 'vitest'
import { LocationTable } from './location-table.ts'
import { BY_THE_BOOK } from './registrar-ways.ts'
import { applyRegister, type RegistrationSettings } from './registration-rules.ts'
import type { WirePeer } from './sip-wire.ts'

const SETTINGS: RegistrationSettings = {
	minExpiresSeconds: 60,
	maxExpiresSeconds: 3600,
	defaultExpiresSeconds: 600,
	maxBindings: 2,
	whenFull: 'replace',
	...BY_THE_BOOK,
}
const SOURCE = { transport: 'udp', host: '192.0.2.1', port: 5060 } as const
const NOW = 1_767_225_600_000

function registration(settings: Partial<RegistrationSettings> = {}) {
	const table = new LocationTable()
	const register = (
		cseq: number,
		headers: readonly HeaderPair[],
		{ callId = 'a', nowMs = NOW, source = SOURCE as WirePeer } = {},
	) => {
		const fixed: HeaderPair[] = [
			['Call-ID', callId],
			['CSeq', `${cseq} REGISTER`],
		]
		const request = buildRequest({ method: 'REGISTER', uri: 'sip:example.test', headers: [...fixed, ...headers] })
		return applyRegister(request, 'alice', source, table, { ...SETTINGS, ...settings }, nowMs)
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

	it('refuses short expiries, but not 0', () => {
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

	describe('in the ways of other servers', () => {
		const [a, b] = [contact('<sip:a@198.51.100.1>'), contact('<sip:b@198.51.100.2>')]
		const listOf = ({ headers }: ReturnType<ReturnType<typeof registration>['register']>) =>
			headers.map(([, value]) => value.replace(/>.*/, '>'))

		it('processes the first contact alone', () => {
			const { register, bound } = registration({ processes: 'first' })
			expect(listOf(register(1, [a, b]))).toEqual(['<sip:a@198.51.100.1>'])
			expect(bound()).toEqual(['sip:a@198.51.100.1'])
		})

		it('takes any expiry of 0 for all bindings of the user', () => {
			const { register, bound } = registration({ zeroRemoves: 'user' })
			register(1, [a, b])
			expect(register(2, [contact('<sip:c@198.51.100.3>'), ['Expires', '0']])).toMatchObject({
				status: 200,
				headers: [],
			})
			expect(bound()).toEqual([])
		})

		it.each([
			['own', ['<sip:b@198.51.100.2>']],
			['others', ['<sip:a@198.51.100.1>']],
			['none', []],
		] as const)('lists %s', (lists, expected) => {
			const { register } = registration({ lists })
			register(1, [a])
			expect(listOf(register(2, [b]))).toEqual(expected)
			expect(listOf(register(3, [])).length).toBe(lists === 'none' ? 0 : 2)
		})

		it('lists nothing, or refuses, when asked', () => {
			for (const query of ['empty', 'refused'] as const) {
				const { register } = registration({ query })
				register(1, [a])
				expect(register(2, [])).toEqual({ status: query === 'empty' ? 200 : 403, headers: [] })
			}
		})

		it('shows and knows the first contact by its source', () => {
			const { register, bound } = registration({ shows: 'source' })
			expect(listOf(register(1, [a]))).toEqual(['<sip:a@192.0.2.1:5060>'])
			// As it was sent nobody knows it, as it is listed it is known.
			register(2, [b, contact('<sip:a@198.51.100.1>;expires=0')])
			expect(bound()).toHaveLength(2)
			register(3, [b, contact('<sip:a@192.0.2.1:5060>;expires=0')])
			expect(bound()).toEqual(['sip:b@198.51.100.2'])
		})

		it.each([
			['escaped-user', '<sip:%61@198.51.100.1>'],
			['own-user', expect.stringMatching(/^<sip:reg-[0-9a-f]{12}@198\.51\.100\.1>$/)],
		] as const)('shows %s, and knows both forms', (shows, shown) => {
			const { register, bound } = registration({ shows })
			const [form = ''] = listOf(register(1, [a]))
			expect(form).toEqual(shown)
			register(2, [a])
			expect(bound()).toHaveLength(1)
			register(3, [contact(`${form};expires=0`)])
			expect(bound()).toEqual([])
		})

		it('takes the same contact from another connection for another binding', () => {
			const { register, bound } = registration({ connectionEnd: 'strands' })
			register(1, [a])
			register(2, [a])
			expect(bound()).toHaveLength(1)
			register(3, [a], { source: { transport: 'tcp', host: '192.0.2.1', port: 40_001 } })
			expect(bound()).toHaveLength(2)
		})
	})
})
