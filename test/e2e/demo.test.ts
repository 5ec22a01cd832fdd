import { startScriptedCaller, startScriptedRegistrar } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { ServiceProcess } from '../world/service-process.ts'

const MAIN_JOB = [
	'handoff.accepted',
	'registered',
	'invite.received',
	'push.sent',
	'push.accepted',
	'device.attached',
	'invite.forwarded',
	'answered',
	'ended',
]

const cleanUp: (() => Promise<unknown>)[] = []

afterEach(async () => {
	for (const step of cleanUp.splice(0).reverse()) await step()
})

function demo(...args: string[]): ServiceProcess {
	const started = ServiceProcess.start('demo', args)
	cleanUp.push(() => started.kill())
	return started
}

interface Event {
	readonly event: string
	readonly ms?: number
	readonly ok?: boolean
}

const eventsOf = ({ lines }: ServiceProcess): Event[] => lines.map((line) => JSON.parse(line) as Event)

function expectMainJob(events: readonly Event[]): void {
	const names = events.map(({ event }) => event)
	expect(names.filter((name) => MAIN_JOB.includes(name))).toEqual(MAIN_JOB)
	expect(events.at(-1)).toMatchObject({ event: 'result', ok: true })
	for (const { ms } of events.slice(0, -1)) expect(ms).toBeGreaterThanOrEqual(0)
}

describe('npm run demo', () => {
	it('plays the main job, one JSON object a line', async () => {
		const played = demo('--json')
		expect(await played.exit(), played.stdout).toBe(0)
		expectMainJob(eventsOf(played))
		expect(played.stderr).toBe('')
	})

	it('plays it against a SIP server of one’s own, which makes the call', async () => {
		const registrar = await startScriptedRegistrar({ users: { carol: 'her password' } })
		cleanUp.push(() => registrar.close())
		const { host, port } = registrar
		const caller = await startScriptedCaller({ uri: 'sip:bob@pbx.test', server: { host, port, transport: 'udp' } })
		cleanUp.push(() => caller.close())
		const played = demo('--json', '--registrar', `sip:${host}:${port}`, '--user', 'carol', '--password', 'her password')
		await played.printed(/"event":"demo\.waiting"/)
		const call = caller.invite(`sip:carol@${host}:${port}`)
		await call.answered()
		expect(await played.exit(), played.stdout).toBe(0)
		expectMainJob(eventsOf(played))
		expect(registrar.bindings('carol')).toEqual([])
	})

	it('says in words what did not happen', async () => {
		const registrar = await startScriptedRegistrar({ users: { carol: 'her password' } })
		cleanUp.push(() => registrar.close())
		const address = `sip:127.0.0.1:${registrar.port}`
		const nobody = demo('--registrar', address, '--user', 'carol', '--password', 'her password', '--wait', '1')
		expect(await nobody.exit()).toBe(1)
		expect(nobody.stdout).toContain('the service is registered at the SIP server')
		expect(nobody.lines.at(-1)).toBe('It did not all happen: no call reached the phone within 1 s')
	})

	it('explains itself, and what it was asked wrongly', async () => {
		const help = demo('--help')
		expect(await help.exit()).toBe(0)
		expect(help.stdout).toContain('--registrar')
		const wrong = demo('--registrar', 'pbx.example.org')
		expect(await wrong.exit()).toBe(2)
		expect(wrong.stderr).toContain('--registrar must be sip:host')
	})
})
