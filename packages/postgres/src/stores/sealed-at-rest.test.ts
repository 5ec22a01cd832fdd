import { Secret, type TenantId } from '@vigil/domain'
import { beforeAll, describe, expect, it } from 'vitest'
import { APNS, enrolledDevice, newDevice, useStores } from '../../test/fixtures.ts'

const { database, stores } = useStores()
let tenantId: TenantId

beforeAll(async () => {
	tenantId = (await stores().tenants.create('sealed')).id
})

describe('secrets at rest', () => {
	it('are sealed: the SIP password of a device', async () => {
		const { id } = await enrolledDevice(stores().devices, newDevice(tenantId))
		const [row] = await database().asPlatform((sql) => sql`select sip_secret from vigil.devices where id = ${id}`)
		expect(row?.sipSecret).toMatch(/^1:k1:/)
	})

	it('are sealed: the secret of a push app', async () => {
		const { id } = await stores().pushApps.create(tenantId, 'sealed', APNS, new Secret('-----BEGIN-----'))
		const [row] = await database().asPlatform((sql) => sql`select secret from vigil.push_apps where id = ${id}`)
		expect(row?.secret).toMatch(/^1:k1:/)
	})
})
