import { describe, expect, it } from 'vitest'
import { expiresOf, RegistrationBench } from '../../test/registrar-model.ts'

function lost(bench: RegistrationBench) {
	return bench.input({ type: 'failed', attempt: bench.last.attempt, cause: 'flow-lost' })
}

describe('a connection that ends under a REGISTER', () => {
	it('is no failure at first: the same REGISTER is due soon, at the same target, and nothing is shown', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.due()
		expect(lost(bench)).toEqual([])
		expect(bench.state.status.state).toBe('registered')
		expect(bench.dueAtMs - bench.nowMs).toBeLessThanOrEqual(500)
		bench.due()
		expect(expiresOf(bench.last.request)).toBe(600)
		expect(bench.accept()).toEqual([])
		expect(bench.state.failures).toBe(0)
	})

	it('is one the second time, with a wait and another target', () => {
		const bench = new RegistrationBench()
		bench.hold()
		lost(bench)
		bench.due()
		expect(lost(bench).map(({ type }) => type)).toEqual(['next-target', 'status'])
		expect(bench.state.status).toMatchObject({ state: 'failing' })
		expect(bench.dueAtMs - bench.nowMs).toBeGreaterThanOrEqual(2000)
	})

	it('has a removal sent again soon too', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.remove()
		lost(bench)
		expect(bench.dueAtMs - bench.nowMs).toBeLessThanOrEqual(500)
		bench.due()
		expect(expiresOf(bench.last.request)).toBe(0)
	})
})

describe('a look that is asked for', () => {
	const look = (bench: RegistrationBench, waitingOnly: boolean) =>
		bench.input({ type: 'look', spreadMs: 2000, waitingOnly })

	it('has a binding refreshed soon, unless only those are meant that wait', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		const { dueAtMs } = bench.state
		look(bench, true)
		expect(bench.dueAtMs).toBe(dueAtMs)
		look(bench, false)
		expect(bench.dueAtMs).toBeLessThanOrEqual(2000)
	})

	it('shortens what a server in trouble has asked for, and never makes it longer', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(503, [['Retry-After', '300']])
		expect(bench.dueAtMs).toBe(300_000)
		look(bench, true)
		const { dueAtMs } = bench.state
		expect(dueAtMs).toBeLessThanOrEqual(2000)
		bench.nowMs += 500
		look(bench, true)
		expect(bench.dueAtMs).toBe(dueAtMs)
	})

	it('leaves alone what waits for a reason of the account’s own, or does not wait', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(486)
		const { dueAtMs } = bench.state
		look(bench, false)
		expect(bench.dueAtMs).toBe(dueAtMs)
		bench.remove()
		bench.respond(200)
		look(bench, false)
		expect(bench.state).toMatchObject({ phase: 'idle', dueAtMs: undefined })
	})
})

describe('bindings that a lost connection has left', () => {
	const NEW = '<sip:token-1@192.0.2.9:5080>;expires=600'
	const LEFT = 'sip:token-1@192.0.2.9:5080;fs_path=sip%3A198.51.100.1%3A40001'
	const OTHER = '<sip:alice@198.51.100.7>;expires=17'

	function reconnected(): RegistrationBench {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.input({ type: 'flow-lost' })
		bench.due()
		return bench
	}

	it('go with one REGISTER more, which names ours first and nobody else’s', () => {
		const bench = reconnected()
		bench.respond(200, [['Contact', `<${LEFT}>;expires=431, ${OTHER}, ${NEW}`]])
		expect(bench.last.request.headers.get('Contact')).toBe(`${NEW}, <${LEFT}>;expires=0`)
		expect(bench.last.request.headers.has('Expires')).toBe(false)
		bench.accept()
		expect(bench.state).toMatchObject({ phase: 'registered', inFlight: false, remnants: undefined })
		bench.due()
		expect(bench.last.request.headers.get('Contact')).toBe(NEW)
		expect(expiresOf(bench.last.request)).toBe(600)
	})

	it('are removed once more with the answer to a challenge, and not again where the registrar keeps them', () => {
		const bench = reconnected()
		const both: [string, string][] = [['Contact', `<${LEFT}>;expires=431, ${NEW}`]]
		bench.respond(200, both)
		bench.challenge()
		expect(bench.last.request.headers.get('Contact')).toContain(LEFT)
		bench.respond(200, both)
		expect(bench.state).toMatchObject({ phase: 'registered', inFlight: false })
		const { length } = bench.sent
		bench.due()
		bench.respond(200, both)
		expect(bench.sent).toHaveLength(length + 1)
	})

	it.each([
		['nothing else is listed', NEW],
		['the other lives as long', `<${LEFT}>;expires=600, ${NEW}`],
		['others are somebody else’s', `${OTHER}, ${NEW}`],
		['what is listed cannot be written', `<sip:token-1@[::1>;expires=9, ${NEW}`],
	])('are none where %s', (_what, contacts) => {
		const bench = reconnected()
		bench.respond(200, [['Contact', contacts]])
		expect(bench.state).toMatchObject({ phase: 'registered', inFlight: false })
	})

	it('are known by the Contact that named the connection, and go with the first REGISTER over the next one', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.input({ type: 'flow-lost', contactUri: 'sip:token-1@192.0.2.9:40001;transport=tls' })
		bench.due()
		const contact = `${NEW}, <sip:token-1@192.0.2.9:40001;transport=tls>;expires=0`
		expect(bench.last.request.headers.get('Contact')).toBe(contact)
		bench.respond(400)
		expect(bench.last.request.headers.get('Contact')).toBe(NEW)
		expect(bench.accept()).toEqual([])
	})

	it('are none where the Contact is the same over the next connection', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.accept()
		bench.input({ type: 'flow-lost', contactUri: 'sip:token-1@192.0.2.9:5080' })
		bench.due()
		expect(bench.last.request.headers.get('Contact')).toBe(NEW)
		expect(expiresOf(bench.last.request)).toBe(600)
	})

	it('are not sought without a loss', () => {
		const bench = new RegistrationBench()
		bench.hold()
		bench.respond(200, [['Contact', `<${LEFT}>;expires=431, ${NEW}`]])
		expect(bench.state).toMatchObject({ phase: 'registered', inFlight: false })
	})
})
