import type { DeviceDigest, DeviceId, DeviceStore, DigestOffer, KeptSipCredential, SipCredential } from '@vigil/domain'
import type { Database } from '../database/connect.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { deviceSipSecret } from '../sealing/sealed-columns.ts'
import { present } from './rows.ts'

interface SipCredentialRow {
	readonly id: DeviceId
	readonly sipSecret: string
	readonly answeredOffer: DigestOffer | null
	readonly digestAlgorithms: readonly DeviceDigest[] | null
}

/** The part of the device store that the edge authenticates by. */
export function sipCredentials(
	database: Database,
	keyRing: KeyRing,
): Pick<DeviceStore, 'openSipCredential' | 'keptSipCredentials' | 'openKept' | 'noteAnsweredOffer'> {
	const openKept = (id: DeviceId, { sealed, ...digests }: KeptSipCredential): SipCredential => ({
		secret: keyRing.open(sealed, deviceSipSecret(id)),
		...digests,
	})
	return {
		openSipCredential: async (id) => {
			const kept = (await read(database, [id])).get(id)
			return kept && openKept(id, kept)
		},
		keptSipCredentials: (ids) => read(database, ids),
		openKept,
		noteAnsweredOffer: (id, offer) => note(database, id, offer),
	}
}

/** One install belongs to one app; should its tokens name several, the first one that says anything of digests counts. */
async function read(database: Database, ids: readonly DeviceId[]): Promise<ReadonlyMap<DeviceId, KeptSipCredential>> {
	const rows = await database.asPlatform(
		(sql) => sql<SipCredentialRow[]>`
			select d.id, d.sip_secret, d.answered_offer, (
				select a.settings -> 'digestAlgorithms'
				from vigil.push_tokens t join vigil.push_apps a on a.id = t.push_app_id
				where t.device_id = d.id and a.settings ? 'digestAlgorithms'
				order by t.registered_at_ms, t.id limit 1
			) as digest_algorithms
			from vigil.devices d where d.id = any(${[...ids]}::text[])
		`,
	)
	return new Map(rows.map(({ id, sipSecret: sealed, ...digests }) => [id, { sealed, ...present(digests) }]))
}

async function note(database: Database, id: DeviceId, offer: DigestOffer): Promise<void> {
	await database.asPlatform(
		(sql) => sql`update vigil.devices set answered_offer = ${offer} where id = ${id} and answered_offer is null`,
	)
}
