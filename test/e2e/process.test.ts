import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { until } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { ServiceProcess, temporaryStateDir } from '../world/service-process.ts'

const cleanUp: (() => Promise<unknown>)[] = []

afterEach(async () => {
	for (const step of cleanUp.splice(0).reverse()) await step()
})

async function stateDir(): Promise<string> {
	const folder = await temporaryStateDir()
	cleanUp.push(folder.remove)
	return folder.path
}

function start(args: readonly string[], settings: Readonly<Record<string, string>>): ServiceProcess {
	const service = ServiceProcess.start('service', args, settings)
	cleanUp.push(() => service.kill())
	return service
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1')
	await once(server, 'listening')
	const { port } = server.address() as AddressInfo
	server.close()
	await once(server, 'close')
	return port
}

describe('the service as a process', () => {
	it('answers /readyz, and on Ctrl-C ends with 0 and its database with it', async () => {
		const service = start([], { VIGIL_STATE_DIR: await stateDir(), VIGIL_LOG_LEVEL: 'info' })
		const [, readiness = ''] = await service.printed(/readiness +(\S+)/)
		const response = await fetch(readiness)
		expect(response.status).toBe(200)
		expect(await response.json()).toMatchObject({ status: 'ready' })
		const dataDir = /embedded database in (\S+?)\.?"/.exec(service.stderr)?.[1] ?? ''
		expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(true)
		service.signal('SIGINT')
		expect(await service.exit()).toBe(0)
		expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(false)
	})

	it('says nothing on standard error when all is well, and finds its demo again', async () => {
		const VIGIL_STATE_DIR = await stateDir()
		const settings = { VIGIL_STATE_DIR, VIGIL_DEMO_SIP_PORT: String(await freePort()) }
		const first = start([], settings)
		await first.printed(/demo push app/)
		expect(first.stdout).toContain('VIGIL_EGRESS=lan')
		const [, tenant] = await first.printed(/demo tenant +(\S+)/)
		const [, apiKey] = await first.printed(/demo API key +(\S+)/)
		first.signal('SIGTERM')
		expect(await first.exit()).toBe(0)
		const second = start([], settings)
		await second.printed(/demo push app/)
		expect(second.stdout).toContain(tenant)
		expect(second.stdout).toContain(apiKey)
		second.signal('SIGINT')
		expect(await second.exit()).toBe(0)
		expect(first.stderr + second.stderr).toBe('')
		// The admin token is shown by the start that made it, and by no other.
		const [, token = ''] = /admin token +(\S+) \(shown this once\)/.exec(first.stdout) ?? []
		expect(token).toMatch(/^vgl_admin_/)
		expect(second.stdout).not.toContain(token)
		expect(second.stdout).toMatch(/admin token +in \S+keys\.json/)
	})

	it('can be stopped while it starts, or killed, and starts again', async () => {
		const VIGIL_STATE_DIR = await stateDir()
		const early = start([], { VIGIL_STATE_DIR, VIGIL_LOG_LEVEL: 'info' })
		await until(() => early.stderr.includes('embedded database'))
		early.signal('SIGINT')
		expect(await early.exit(), early.stderr).toBe(0)
		const killed = start([], { VIGIL_STATE_DIR, VIGIL_DEMO: 'off' })
		await killed.printed(/readiness/)
		await killed.kill()
		const next = start([], { VIGIL_STATE_DIR, VIGIL_DEMO: 'off' })
		const [, readiness = ''] = await next.printed(/readiness +(\S+)/)
		expect((await fetch(readiness)).status).toBe(200)
		next.signal('SIGINT')
		expect(await next.exit()).toBe(0)
	})
})

describe('a second start on a state folder', () => {
	it('says who runs there and ends, while the first goes on answering; a killed one holds nothing', async () => {
		const settings = { VIGIL_STATE_DIR: await stateDir(), VIGIL_DEMO: 'off' }
		const first = start([], settings)
		const [, readiness = ''] = await first.printed(/readiness +(\S+)/)
		const apiPort = /control API +http:\/\/[^:]+:(\d+)/.exec(first.stdout)?.[1]
		await until(async () => (await fetch(readiness)).ok)

		const second = start([], settings)
		expect(await second.exit()).toBe(1)
		const [sentence, ...more] = second.stderr.trim().split('\n')
		expect(more).toEqual([])
		expect(sentence).toContain(`process ${first.pid} `)
		expect(sentence).toMatch(/^Could not start: the state folder \S+ is in use by .* since \d{4}-\d\d-\d\dT[\d:]+Z/)
		expect(sentence).toContain(`control API ${apiPort}`)
		expect(second.stdout).toBe('')
		expect(await (await fetch(readiness)).json()).toMatchObject({ status: 'ready' })

		await first.kill()
		const third = start([], settings)
		await third.printed(/readiness +(\S+)/)
		third.signal('SIGTERM')
		expect(await third.exit()).toBe(0)
	})

	it('leaves the database to the first that has not started yet', async () => {
		const settings = { VIGIL_STATE_DIR: await stateDir(), VIGIL_DEMO: 'off', VIGIL_LOG_LEVEL: 'info' }
		const first = start([], settings)
		await until(() => first.stderr.includes('embedded database'))
		const second = start([], settings)
		expect(await second.exit()).toBe(1)
		expect(second.stderr).toContain(`in use by process ${first.pid} `)
		const [, readiness = ''] = await first.printed(/readiness +(\S+)/)
		await until(async () => (await fetch(readiness)).ok)
		first.signal('SIGTERM')
		expect(await first.exit()).toBe(0)
	})
})

describe('a start that cannot be ends with one plain sentence', () => {
	/** Waits for the end; nothing but the sentence may have been said. */
	async function expectSentence(service: ServiceProcess, code: number, sentence: RegExp): Promise<void> {
		expect(await service.exit()).toBe(code)
		expect(service.stderr.trim().split('\n')).toEqual([expect.stringMatching(sentence)])
		expect(service.stderr).not.toContain('s3cret')
		expect(service.stdout).not.toContain('Vigil runs')
	}

	it.each([
		['an unknown setting', { VIGIL_UPSTREAM_PROT: '5080' }, 2, /^Settings cannot be used: .*VIGIL_UPSTREAM_PROT/],
		['a file that is not there', { VIGIL_UPSTREAM_CA: '/no/ca' }, 2, /^Settings cannot be used: .*\/no\/ca does not/],
		[
			'no database',
			{ DATABASE_URL: 'postgres://u:s3cret@127.0.0.1:1/x' },
			1,
			/^Could not start: The database at 127.0.0.1:1\/x cannot be used/,
		],
		[
			'no Redis',
			{ REDIS_URL: 'redis://:s3cret@127.0.0.1:1' },
			1,
			/^Could not start: cannot connect to Redis.*ECONNREFUSED/,
		],
	])('%s', async (_what, settings, code, sentence) => {
		await expectSentence(start([], { VIGIL_STATE_DIR: await stateDir(), ...settings }), code, sentence)
	})

	it('a port that is taken', async () => {
		const server = createServer().listen(0, '127.0.0.1')
		await once(server, 'listening')
		cleanUp.push(async () => server.close())
		const { port } = server.address() as AddressInfo
		const service = start([], { VIGIL_STATE_DIR: await stateDir(), VIGIL_API_PORT: String(port) })
		await expectSentence(service, 1, new RegExp(`^Could not start: .*${port}`))
	})

	it('keys that are none', async () => {
		const VIGIL_STATE_DIR = await stateDir()
		await writeFile(join(VIGIL_STATE_DIR, 'keys.json'), '{}')
		await expectSentence(start([], { VIGIL_STATE_DIR }), 1, /^Could not start: .*keys\.json/)
	})
})

describe('its command line', () => {
	it('explains itself and every setting', async () => {
		const service = start(['--help'], {})
		expect(await service.exit()).toBe(0)
		expect(service.stdout).toContain('npm start')
		for (const setting of ['DATABASE_URL', 'REDIS_URL', 'VIGIL_API_PORT', 'VIGIL_WAKE_SECONDS']) {
			expect(service.stdout).toContain(setting)
		}
	})

	it('has no other options', async () => {
		const service = start(['--port', '80'], {})
		expect(await service.exit()).toBe(2)
		expect(service.stderr.trim()).toMatch(/^Settings cannot be used: --port is no option/)
	})
})
