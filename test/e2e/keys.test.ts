import { TenantClient } from '@vigil/all-in-one'
import { newKeyText } from '@vigil/postgres'
import { afterEach, describe, expect, it } from 'vitest'
import { ServiceProcess, temporaryStateDir } from '../world/service-process.ts'

const cleanUp: (() => Promise<unknown>)[] = []

afterEach(async () => {
	for (const clean of cleanUp.splice(0).reverse()) await clean()
})

async function keys(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
	const command = ServiceProcess.start('keys', args, settings)
	cleanUp.push(() => command.kill())
	const code = await command.exit()
	return { code, out: command.stdout, err: command.stderr, last: JSON.parse(command.lines.at(-1) ?? 'null') as unknown }
}

describe('npm run keys', () => {
	it('brings what a running service has sealed under a new key, once, beside the service', async () => {
		const { path, remove } = await temporaryStateDir()
		cleanUp.push(remove)
		const [old, next] = [newKeyText('old'), newKeyText('next')]
		const settings = { VIGIL_STATE_DIR: path, VIGIL_DEMO: 'off' }
		const service = ServiceProcess.start('service', [], { ...settings, VIGIL_KEY_RING: `${old},${next}` })
		cleanUp.push(() => service.kill())
		const [, api = ''] = await service.printed(/control API +(\S+)/)
		const [, adminToken = ''] = await service.printed(/admin token +(\S+)/)
		const admin = new TenantClient(api, adminToken)
		const { key } = await admin.createApiKey((await admin.createTenant('rotating')).id, 'key')
		const tenant = new TenantClient(api, key)
		const account = { domain: 'pbx.invalid', password: 'correct horse' }
		for (const username of ['alice', 'bob', 'carol']) await tenant.createAccount({ ...account, username })

		const ring = { ...settings, VIGIL_KEY_RING: `${next},${old}` }
		const first = await keys(['reseal', '--json'], ring)
		expect([first.code, first.err]).toEqual([0, ''])
		expect(first.last).toEqual({ ok: true, keyId: 'next', resealed: 3, refused: [] })
		const again = await keys(['reseal', '--json'], ring)
		expect(again.last).toEqual({ ok: true, keyId: 'next', resealed: 0, refused: [] })
		// The service, which has not been told of a change, opens them, and serves on.
		expect((await tenant.request<{ items: unknown[] }>('GET', '/v1/accounts')).items).toHaveLength(3)

		const lost = await keys(['reseal', '--json'], { ...settings, VIGIL_KEY_RING: old })
		expect(lost.code).toBe(1)
		expect(lost.last).toMatchObject({
			ok: false,
			resealed: 0,
			refused: [{}, {}, {}].map(() => expect.stringMatching(/not in the key ring/)),
		})
		service.signal('SIGTERM')
		expect(await service.exit()).toBe(0)
	})

	it('explains itself, makes a key, and refuses what it does not know', async () => {
		const run = async (...args: string[]) => {
			const command = ServiceProcess.start('keys', args)
			return { code: await command.exit(), out: command.stdout, err: command.stderr }
		}
		expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('npm run keys -- reseal') })
		expect((await run('new', 'k2')).out).toMatch(/^k2:[A-Za-z0-9+/]{43}=\n$/)
		for (const args of [['new'], ['new', 'a b'], ['rotate'], ['reseal', '--all']]) {
			expect([args, (await run(...args)).code]).toEqual([args, 2])
		}
	})
})
