import type { Retention, TenantId, TenantStore } from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'
import { settingsOf } from '../tenant-settings.ts'
import { forgetCallers } from './forget-callers.ts'

export type RetentionDeps = Pick<ControlApiDeps, 'tenantDefaults'> & {
	readonly stores: Pick<ControlApiDeps['stores'], 'tenantSettings'> & {
		readonly tenants: Pick<TenantStore, 'list'>
		readonly retention: Retention
	}
}

/** Totals of a run so far. */
export interface RetentionProgress {
	readonly tenants: number
	readonly calls: number
	readonly events: number
}

const DAY_MS = 86_400_000
const TENANTS_AT_ONCE = 200
const DELETED_AT_ONCE = 200
/** Events without a call belong to nobody, and go when no tenant could want them. */
const ORPHANS_KEPT_MS = 90 * DAY_MS

/**
 * Forgets the callers of removed accounts, and deletes what every tenant has kept for long enough, batch after batch, and tells how far it has come after each. Of several
 * processes one does it at a time; undefined where another does. A run that is broken off is gone on with by the next.
 *
 * @param isStopped Asked between batches.
 */
export async function runRetention(
	deps: RetentionDeps,
	nowMs: number,
	onProgress: (progress: RetentionProgress) => void = () => {},
	isStopped: () => boolean = () => false,
): Promise<RetentionProgress | undefined> {
	const { retention } = deps.stores
	let progress: RetentionProgress = { tenants: 0, calls: 0, events: 0 }
	const count = (tenants: number, calls: number, events: number) => {
		progress = {
			tenants: progress.tenants + tenants,
			calls: progress.calls + calls,
			events: progress.events + events,
		}
		onProgress(progress)
	}
	const done = await retention.exclusively(async (turn) => {
		// A deletion may last longer than a turn does, so it is renewed before each batch; whoever has lost it stops.
		const goesOn = async () => !isStopped() && (await turn.renew())
		await forgetCallers(retention, goesOn)
		for await (const tenantId of allTenants(deps)) {
			const { retentionDays } = await settingsOf(deps, tenantId)
			const beforeMs = nowMs - retentionDays * DAY_MS
			for (let more = true; more; ) {
				if (!(await goesOn())) return
				const { calls, events } = await retention.deleteCalls(tenantId, beforeMs, DELETED_AT_ONCE)
				if (calls > 0) count(0, calls, events)
				more = calls === DELETED_AT_ONCE
			}
			count(1, 0, 0)
		}
		for (let more = true; more; ) {
			if (!(await goesOn())) return
			const events = await retention.deleteOrphans(nowMs - ORPHANS_KEPT_MS, DELETED_AT_ONCE)
			if (events > 0) count(0, 0, events)
			more = events === DELETED_AT_ONCE
		}
	})
	return done ? progress : undefined
}

async function* allTenants({ stores }: RetentionDeps): AsyncGenerator<TenantId> {
	let cursor: string | undefined
	do {
		const page = await stores.tenants.list({ limit: TENANTS_AT_ONCE, ...(cursor === undefined ? {} : { cursor }) })
		for (const { id } of page.items) yield id
		cursor = page.nextCursor
	} while (cursor !== undefined)
}
