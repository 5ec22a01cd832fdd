import { DemoPushProvider, DemoTenant, TenantClient } from '@vigil/all-in-one'
import { startScriptedCaller, startScriptedRegistrar, until } from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { ServiceProcess, temporaryStateDir } from '../world/service-process.ts'

// A process that is killed while it holds a call: what becomes of the record, and of the phone that was to be woken.

const cleanUp: (() => Promise<unknown>)[] = []

afterEach(async () => {
	for (const clean of cleanUp.splice(0).reverse()) await clean()
})

describe('a call that was held by a process that is killed', () => {
	it('is closed by the next start, and is missed', async () => {
		const { path, remove } = await temporaryStateDir()
		cleanUp.push(remove)
		const registrar = await startScriptedRegistrar({ realm: 'pbx.test', users: { alice: 'correct horse' } })
		cleanUp.push(() => registrar.close())
		const { host, port } = registrar
		const caller = await startScriptedCaller({
			uri: 'sip:bob@pbx.test',
			displayName: 'Bob',
			server: { host, port, transport: 'udp' },
		})
		cleanUp.push(() => caller.close())
		const settings = {
			VIGIL_STATE_DIR: path,
			VIGIL_DEMO: 'off',
			VIGIL_WAKE_SECONDS: '60',
			VIGIL_EGRESS: 'lan,127.0.0.0/8',
			VIGIL_ADMIN_TOKEN: 'admin-token-of-this-very-test',
		}
		const start = async () => {
			const service = ServiceProcess.start('service', [], settings)
			cleanUp.push(() => service.kill())
			return { service, api: (await service.printed(/control API +(\S+)/))[1] ?? '' }
		}
		const first = await start()
		const pushes = await DemoPushProvider.start()
		cleanUp.push(() => pushes.close())
		const tenant = await DemoTenant.create({ api: first.api, adminToken: settings.VIGIL_ADMIN_TOKEN }, pushes)
		const account = await tenant.addAccount({
			username: 'alice',
			password: 'correct horse',
			domain: `${host}:${port}`,
			attributes: { registrationMode: 2 },
		})
		const phone = await tenant.addPhone(account.id, { wakes: false })
		cleanUp.push(() => phone.close())
		await until(() => registrar.bindings('alice').length > 0)
		caller.invite(`sip:alice@${host}:${port}`)
		const [held] = await until(async () => {
			const calls = await tenant.client.calls(account.id)
			return calls.length > 0 && calls
		})
		expect(held?.outcome).toBeUndefined()
		await first.service.kill()

		const second = await start()
		const after = new TenantClient(second.api, tenant.apiKey)
		const [call] = await after.calls(account.id)
		expect(call).toMatchObject({ outcome: 'missed', endedAt: expect.any(String) })
		const { timeline } = await after.call(call?.id ?? '')
		expect(timeline.at(-1)).toMatchObject({ kind: 'ended', detail: { cause: 'service-ended' } })
		const device = new TenantClient(second.api, phone.device.identity.deviceToken)
		const handoff = await device.request<{ missedCalls: { callId: string }[] }>('POST', '/v1/devices/me/handoff', {
			state: 'background',
		})
		expect(handoff.missedCalls.map(({ callId }) => callId)).toEqual([call?.id])
	})
})
