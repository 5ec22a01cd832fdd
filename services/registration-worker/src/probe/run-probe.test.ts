import { randomBytes } from 'node:crypto'
import { realClock, silentLogger } from '@vigil/runtime'
import { type RegistrarOptions, startScriptedRegistrar } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { runProbe } from './run-probe.ts'

const PASSWORD = 'correct horse'
const closing: { close(): Promise<void> }[] = []

afterEach(async () => {
	await Promise.all(closing.splice(0).map((one) => one.close()))
})

async function probed(options: RegistrarOptions, transport: 'udp' | 'tcp' = 'udp') {
	const registrar = await startScriptedRegistrar({ users: { alice: PASSWORD }, realm: 'pbx.test', ...options })
	closing.push(registrar)
	const report = await runProbe(
		{
			username: 'alice',
			domain: `127.0.0.1:${registrar.port}`,
			transport,
			secretFor: () => ({ password: PASSWORD }),
		},
		{
			force: false,
			clock: realClock,
			logger: silentLogger,
			random: { token: (bytes) => randomBytes(bytes).toString('hex') },
		},
	)
	return { report, registrar, left: registrar.bindings('alice') }
}

describe('a probe of a registrar in the way of real ones, over sockets', () => {
	it.each([
		['by the book', {}, { swap: 'honoured', zeroRemoves: 'contact', second: 'kept' }],
		['one binding, the newest', { maxBindings: 1 }, { swap: 'honoured', second: 'overwrites' }],
		[
			'one binding, 403 to a second (Asterisk with max_contacts=1)',
			{ maxBindings: 1, whenFull: 'refuse' },
			{ swap: 'honoured', second: 'rejected', secondStatus: 403 },
		],
		[
			'first contact alone, several kept (FreeSWITCH with several registrations)',
			{ processes: 'first' },
			{ swap: 'not-honoured', swapFailure: 'both', second: 'kept' },
		],
		[
			'first contact alone, the newest kept, 0 for all (FreeSWITCH by default)',
			{ processes: 'first', maxBindings: 1, zeroRemoves: 'user' },
			{ swap: 'honoured', zeroRemoves: 'user', second: 'overwrites' },
		],
		['0 for all, several kept', { zeroRemoves: 'user' }, { swap: 'not-honoured', swapFailure: 'none' }],
		['contacts in escapes', { shows: 'escaped-user' }, { swap: 'honoured', second: 'kept' }],
		['a list of the registered contact alone', { lists: 'own' }, { swap: 'honoured', second: 'kept' }],
		[
			'403 to a second and no list',
			{ maxBindings: 1, whenFull: 'refuse', query: 'empty' },
			{ swap: 'honoured', second: 'rejected', listing: 'empty' },
		],
	] as const)('finds: %s', async (_, options, found) => {
		const { report, left } = await probed(options)
		expect(report).toMatchObject({ outcome: 'complete', findings: found })
		expect(left).toEqual([])
	})

	it('names the other contact by its source where the server knows it so (Asterisk with rewrite_contact)', async () => {
		const { report, registrar, left } = await probed({ shows: 'source', connectionEnd: 'removes' }, 'tcp')
		expect(report).toMatchObject({ outcome: 'complete', findings: { swap: 'honoured', second: 'kept' } })
		expect(left).toEqual([])
		const swaps = registrar.registers.items.filter(({ contacts }) => contacts.length === 2)
		expect(swaps.every(({ request }) => !request.headers.has('Expires'))).toBe(true)
		expect(swaps.map(({ contacts }) => contacts.map(({ expiresSeconds }) => expiresSeconds))).toEqual([
			[60, 0],
			[60, 0],
		])
	})

	it('finds no swap where bindings are known by their connections, and removes both', async () => {
		const { report, left } = await probed({ connectionEnd: 'strands' }, 'tcp')
		expect(report.findings).toMatchObject({ swap: 'not-honoured', second: 'kept' })
		expect(left).toEqual([])
	})

	it('leaves a server alone that is starting', async () => {
		const { report } = await probed({ startPhase: { lastsMs: 60_000, retryAfterSeconds: 300 } })
		expect(report).toMatchObject({ outcome: 'failed', registersSent: 1, cleanUp: 'nothing-to-remove' })
		expect(report.blockingReason).toContain('300 s')
	})
})
