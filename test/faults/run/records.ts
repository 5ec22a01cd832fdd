import type { CallView } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import type { TestWorld } from '../../world/test-world.ts'
import type { CallLoad } from './call-load.ts'

/** What was recorded while the fault held is written by then. */
const WRITTEN_WITHIN_MS = 60_000

/** How many of the answered calls are on record as answered by their phone, and ended. Waits for them. */
export async function completeRecords(world: TestWorld, load: CallLoad): Promise<number> {
	const wanted = new Map(
		load.calls.filter(({ failure }) => failure === undefined).map((call) => [call.sipCallId, call]),
	)
	let complete = 0
	const look = async () => {
		const records = await recordsOf(world, load)
		complete = [...wanted].filter(([sipCallId, { user }]) => {
			const own = records.filter((record) => record.sipCallId === sipCallId)
			const [record] = own
			const by = user.phone.device.identity.deviceId
			return (
				own.length === 1 && record?.outcome === 'answered' && record.answeredBy === by && record.endedAt !== undefined
			)
		}).length
		return complete === wanted.size
	}
	await until(look, { deadlineMs: WRITTEN_WITHIN_MS }).catch(() => {})
	return complete
}

async function recordsOf(world: TestWorld, load: CallLoad): Promise<CallView[]> {
	const pages = await Promise.all(
		load.users.map(({ account }) =>
			world.tenant.client.request<{ items: CallView[] }>('GET', `/v1/calls?accountId=${account.id}&limit=100`),
		),
	)
	return pages.flatMap(({ items }) => items)
}

/** Calls whose timeline has an entry twice. */
export async function doubledTimelines(world: TestWorld, load: CallLoad): Promise<number> {
	let doubled = 0
	for (const record of await recordsOf(world, load)) {
		const { timeline } = await world.tenant.client.call(record.id)
		const entries = timeline.map((entry) => JSON.stringify(entry))
		if (new Set(entries).size < entries.length) doubled++
	}
	return doubled
}
