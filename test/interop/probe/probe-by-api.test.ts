import type { ProbeReportView } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../../world/test-platform.ts'
import { havePeers } from '../peers/find-peer.ts'
import { Kamailio } from '../peers/kamailio.ts'

const password = 'correct horse'

describe.skipIf(!havePeers('kamailio'))('a probe by the control API', () => {
	let kamailio: Kamailio
	let platform: TestPlatform

	beforeAll(async () => {
		kamailio = await Kamailio.start({ password, variant: 'overwrite' })
		platform = await startTestPlatform()
	})

	afterAll(async () => {
		await platform?.close()
		await kamailio?.stop()
	})

	async function account(username: string) {
		const { tenant } = platform
		const { id } = await tenant.addAccount({
			username,
			password,
			domain: `127.0.0.1:${kamailio.port}`,
			transport: 'udp',
		})
		const probe = (body: object) => tenant.client.request<ProbeReportView>('POST', `/v1/accounts/${id}/probe`, body)
		return { id, probe }
	}

	it('names the mode, with the credential that only the worker opens', async () => {
		const { probe } = await account('bert')
		expect(await probe({})).toMatchObject({
			outcome: 'complete',
			findings: { second: 'overwrites' },
			recommendation: { registrationMode: 3 },
			cleanUp: 'verified',
		})
		expect(kamailio.bindings('bert').at(-1)?.contacts).toEqual([])
	})

	it('is refused while the service holds; forced, the service registers again', async () => {
		const { id, probe } = await account('carl')
		const phone = await platform.tenant.addPhone(id)
		await phone.device.handoff('background')
		const own = await until(() => kamailio.bindings('carl').at(-1)?.contacts[0])
		await expect(probe({})).rejects.toThrow('409')
		expect((await probe({ force: true })).findings).toMatchObject({ foreign: [own], foreignLost: [own] })
		await until(() => kamailio.bindings('carl').at(-1)?.contacts[0] === own)
		await phone.close()
	})
})
