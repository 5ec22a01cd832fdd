import type { HandoffLine, HandoffRequest, HandoffResponse } from '@vigil/contracts'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { API_URL, identityAt } from '../../test/devices.ts'
import { registerContacts, VigilDevice } from '../index.ts'

type Next = HandoffLine['next']
type Step = {
	readonly next: readonly Next[]
	readonly status?: number
	readonly more?: Partial<HandoffResponse>
	readonly replaceContact?: string
}

/** A service that answers by script, the last step again and again, and a device towards it. */
function world(...script: Step[]) {
	const clock = new VirtualClock()
	const asked: (Partial<HandoffRequest> | 'GET')[] = []
	const hooks: string[] = []
	const faults: unknown[] = []
	const response = (step: Step): HandoffResponse => ({
		lines: step.next.map((next, index) => ({
			accountId: `a${index}`,
			aor: `sip:alice${index}@example.com`,
			holder: 'none',
			registration: { state: 'unregistered', since: '2026-01-01T00:00:00.000Z' },
			next,
			...(step.replaceContact === undefined ? {} : { replaceContact: step.replaceContact }),
		})),
		missedCalls: [],
		pendingCalls: [],
		...step.more,
	})
	const state = { broken: false }
	const fetch = async (_url: string, init: RequestInit): Promise<Response> => {
		if (state.broken) throw new Error('no network')
		asked.push(init.method === 'GET' ? 'GET' : JSON.parse(String(init.body)))
		const step = (script.length > 1 ? script.shift() : script[0]) as Step
		const { status = 200 } = step
		const problem = { type: '/problems/conflict', title: 'Not possible', status }
		return new Response(JSON.stringify(status < 400 ? response(step) : problem), { status })
	}
	const device = new VigilDevice({ apiUrl: API_URL, identity: identityAt('ws://edge.test/sip'), fetch, timers: clock })
	device.on('fault', (error) => faults.push(error))
	const lineHooks = {
		register: async ({ accountId }: HandoffLine) => void hooks.push(`register ${accountId}`),
		unregister: async ({ accountId }: HandoffLine) => void hooks.push(`unregister ${accountId}`),
	}
	const statements = () =>
		asked.map((one) => {
			if (one === 'GET') return one
			const { sequence: _sequence, leaseSeconds: _lease, ...rest } = one
			return rest
		})
	return { clock, device, asked, statements, hooks, faults, lineHooks, state }
}

const FOREGROUND = { state: 'foreground' }
const REGISTERED = { state: 'foreground', registered: true }

describe('numbers of statements', () => {
	it('rise, and begin above those of an earlier life', async () => {
		const { clock, device, asked } = world({ next: ['none'] })
		await device.handoff('background')
		await device.handoff('terminated')
		await clock.advance(1000)
		await device.handoff('background')
		const numbers = asked.map((one) => (one === 'GET' ? 0 : (one.sequence ?? 0)))
		const begin = clock.now() - 1000
		expect(numbers).toEqual([begin, begin + 1, begin + 1000])
	})

	it('go on above the highest that the service knows, when the clock was put back', async () => {
		const highest = Date.UTC(2030, 0)
		const { device, asked } = world(
			{ next: [], more: { superseded: true, sequence: highest } },
			{ next: ['unregister'] },
		)
		const response = await device.handoff('background')
		expect(response.superseded).toBeUndefined()
		expect(asked).toMatchObject([{ state: 'background' }, { state: 'background', sequence: highest + 1 }])
	})

	it('are not raised by a statement that another one of this app has overtaken', async () => {
		const overtaken = { next: [], more: { superseded: true, sequence: Date.UTC(2030, 0) } } as const
		const { device, asked } = world(overtaken, { next: ['none'] })
		const [first] = await Promise.all([device.handoff('foreground'), device.handoff('background')])
		expect(first.superseded).toBe(true)
		expect(asked).toHaveLength(2)
	})
})

describe('coming to the foreground', () => {
	it('registers each line where it may, and says so once', async () => {
		const { device, statements, hooks, lineHooks } = world(
			{ next: ['register', 'register'] },
			{ next: ['none', 'none'] },
		)
		const response = await device.enterForeground(lineHooks)
		expect(hooks).toEqual(['register a0', 'register a1'])
		expect(statements()).toEqual([FOREGROUND, REGISTERED])
		expect(response.settled).toBe(true)
		device.close()
	})

	it('waits for the turn of a line that allows one binding only', async () => {
		const { clock, device, statements, hooks, lineHooks } = world(
			{ next: ['wait', 'register'], status: 202 },
			{ next: ['wait', 'register'], status: 202 },
			{ next: ['register', 'register'] },
			{ next: ['none', 'none'] },
		)
		const done = device.enterForeground(lineHooks)
		await clock.advance(300)
		await done
		expect(hooks).toEqual(['register a1', 'register a0'])
		expect(statements()).toEqual([FOREGROUND, 'GET', 'GET', REGISTERED])
		device.close()
	})

	it('takes the place of the service by one REGISTER where its hooks can', async () => {
		const replaceContact = 'sip:token@192.0.2.1:5080'
		const { device, asked, lineHooks } = world({ next: ['register'], replaceContact }, { next: ['none'] })
		const contacts: string[] = []
		const register = async (line: HandoffLine) =>
			void contacts.push(registerContacts(line, { uri: 'sip:app@192.0.2.9', expiresSeconds: 600 }))
		await device.enterForeground({ ...lineHooks, register, swapsContacts: true })
		expect(contacts).toEqual(['<sip:app@192.0.2.9>;expires=600, <sip:token@192.0.2.1:5080>;expires=0'])
		expect(asked).toMatchObject([
			{ ...FOREGROUND, swapsContacts: true },
			{ ...REGISTERED, swapsContacts: true },
		])
		device.close()
	})

	it('waits for its turn after all where the server does not take both contacts', async () => {
		const replaceContact = 'sip:token@192.0.2.1:5080'
		const { device, statements, lineHooks } = world(
			{ next: ['register'], replaceContact },
			{ next: ['register'] },
			{ next: ['none'] },
		)
		const told: (string | undefined)[] = []
		const register = async (line: HandoffLine) => {
			told.push(line.replaceContact)
			if (line.replaceContact !== undefined) throw new Error('403')
		}
		await device.enterForeground({ ...lineHooks, register, swapsContacts: true })
		expect(told).toEqual([replaceContact, undefined])
		expect(statements()).toEqual([{ ...FOREGROUND, swapsContacts: true }, FOREGROUND, REGISTERED])
		device.close()
	})

	it('gives up waiting in time, and says nothing that is not so', async () => {
		const { clock, device, statements, hooks, lineHooks } = world({ next: ['wait'], status: 202 })
		const done = device.enterForeground(lineHooks, { timeoutMs: 5000 })
		await clock.advance(6000)
		expect((await done).settled).toBe(false)
		expect(hooks).toEqual([])
		expect(statements()).not.toContainEqual(REGISTERED)
		device.close()
	})

	it('ends when the app goes away again meanwhile', async () => {
		const { clock, device, hooks, lineHooks, statements } = world({ next: ['wait'], status: 202 })
		const done = device.enterForeground(lineHooks)
		await clock.advance(300)
		await device.enterBackground(lineHooks)
		await clock.advance(10_000)
		await done
		expect(hooks).toEqual([])
		expect(statements().filter((one) => one !== 'GET')).toEqual([FOREGROUND, { state: 'background' }])
		await clock.advance(600_000)
		expect(statements().filter((one) => one !== 'GET')).toHaveLength(2)
	})
})

describe('the lease', () => {
	it('is renewed at half of its time by the same statement, until the app goes', async () => {
		const { clock, device, asked, lineHooks } = world({ next: ['register'] }, { next: ['none'] })
		await device.enterForeground(lineHooks, { leaseSeconds: 60 })
		expect(asked).toHaveLength(2)
		await clock.advance(60_000)
		expect(asked.slice(2)).toMatchObject(Array(2).fill({ ...REGISTERED, leaseSeconds: 60 }))
		await device.enterBackground(lineHooks)
		await clock.advance(600_000)
		expect(asked).toHaveLength(5)
	})

	it('is tried again after a failure, which the app hears of', async () => {
		const { clock, device, asked, faults, lineHooks, state } = world({ next: ['none'] })
		await device.enterForeground(lineHooks, { leaseSeconds: 60 })
		state.broken = true
		await clock.advance(30_000)
		expect(faults).toHaveLength(1)
		state.broken = false
		await clock.advance(30_000)
		expect(asked).toHaveLength(2)
		device.close()
	})

	it('is given up when the service refuses the device, or knows of a later statement', async () => {
		for (const end of [
			{ next: [], status: 409 },
			{ next: [], more: { superseded: true } },
		]) {
			const { clock, device, asked, lineHooks } = world({ next: ['none'] }, end)
			await device.enterForeground(lineHooks, { leaseSeconds: 60 })
			await clock.advance(600_000)
			expect(asked).toHaveLength(2)
		}
	})
})

describe('going to the background', () => {
	it('removes the app’s own bindings where it is told to, then says so', async () => {
		const { device, statements, hooks, lineHooks } = world(
			{ next: ['unregister', 'none'] },
			{ next: ['none', 'none'], status: 202 },
		)
		const response = await device.enterBackground(lineHooks)
		expect(hooks).toEqual(['unregister a0'])
		expect(statements()).toEqual([{ state: 'background' }, { state: 'background', unregistered: true }])
		expect(response.settled).toBe(false)
	})

	it('says no more than needed', async () => {
		const { device, statements, lineHooks } = world({ next: ['none'] })
		await device.enterBackground(lineHooks, 'terminated')
		expect(statements()).toEqual([{ state: 'terminated' }])
	})
})

describe('a handoff that has not settled', () => {
	it('can be asked for, once or until it has', async () => {
		const { clock, device, asked } = world(
			{ next: ['none'], status: 202 },
			{ next: ['none'], status: 202 },
			{ next: ['unregister'] },
		)
		expect((await device.handoffState()).settled).toBe(false)
		const settled = device.handoffSettled()
		await clock.advance(1000)
		expect(await settled).toMatchObject({ settled: true, lines: [{ next: 'unregister' }] })
		expect(asked).toEqual(['GET', 'GET', 'GET'])
	})
})
