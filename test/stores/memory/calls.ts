import { isDeepStrictEqual } from 'node:util'
import {
	type Call,
	type CallEvent,
	type CallFilter,
	type CallId,
	type CallStore,
	type Device,
	type MissedCall,
	MOST_EVENTS,
	type TenantId,
} from '@vigil/domain'
import { wellFormed } from '@vigil/runtime'
import { pageOf } from './pages.ts'
import { present, type Tables } from './tables.ts'

const MOST_MISSED = 100

/** Calls, their timelines, and which missed ones a device has been told of. */
export function memoryCalls(tables: Tables): CallStore {
	const { calls, events } = tables
	const own = (tenantId: TenantId, id: CallId) => (calls.get(id)?.tenantId === tenantId ? calls.get(id) : undefined)
	const update = (id: CallId, change: Partial<Call>) => {
		const call = calls.get(id)
		if (call) calls.set(id, { ...call, ...change })
	}
	return {
		begin: async (call) => {
			if (calls.has(call.id)) return
			calls.set(call.id, wellFormed(present<Call>(call)))
			tables.recordedAtMs.set(call.id, tables.nowMs())
		},
		end: async (tenantId, id, end) => {
			if (own(tenantId, id)) update(id, present(end))
		},
		answered: async (tenantId, id, answeredAtMs, answeredBy) => {
			const { answeredBy: _before, ...call } = own(tenantId, id) ?? {}
			if ('id' in call) calls.set(id, present<Call>({ ...(call as Call), answeredAtMs, answeredBy }))
		},
		append: async (added, again) => {
			for (const event of added) append(tables, wellFormed(present<CallEvent>(event)), again !== undefined)
		},
		closeAbandoned: async (atMs) => {
			const open = [...calls.values()].filter(({ endedAtMs }) => endedAtMs === undefined)
			for (const call of open) {
				const endedAtMs = Math.max(atMs, call.startedAtMs)
				const unanswered = call.direction === 'incoming' ? 'missed' : 'failed'
				const outcome = call.answeredAtMs === undefined ? unanswered : 'answered'
				update(call.id, { endedAtMs, outcome })
				const detail = { cause: 'service-ended', outcome }
				append(tables, { callId: call.id, atMs: endedAtMs, kind: 'ended', detail }, false)
			}
			return open.length
		},
		find: async (tenantId, id) => own(tenantId, id),
		timeline: async (tenantId, id) => {
			const call = calls.get(id)
			if (call && call.tenantId !== tenantId) return []
			const all = (events.get(id) ?? []).toSorted((one, other) => one.atMs - other.atMs)
			if (all.length <= MOST_EVENTS) return all
			return [...all.slice(0, MOST_EVENTS / 2), ...all.slice(-MOST_EVENTS / 2)]
		},
		list: async (tenantId, filter, page) =>
			pageOf(
				'calls',
				[...calls.values()].filter((call) => call.tenantId === tenantId && fits(call, filter)),
				page,
				({ startedAtMs: at, id }) => ({ at, id }),
				-1,
			),
		unseenMissed: async (device) => unseenMissed(tables, device),
		markSeen: async ({ id: deviceId, tenantId }, ids) => {
			if (tables.devices.get(deviceId)?.device.tenantId !== tenantId) return
			const seen = tables.seen.get(deviceId) ?? new Set<CallId>()
			tables.seen.set(deviceId, new Set([...seen, ...ids]))
		},
	}
}

function append({ events }: Tables, event: CallEvent, unlessThere: boolean): void {
	const known = events.get(event.callId) ?? []
	if (unlessThere && known.some((one) => isDeepStrictEqual(one, event))) return
	events.set(event.callId, [...known, event])
}

function fits(call: Call, filter: CallFilter): boolean {
	const { startedFromMs, startedBeforeMs, ...exact } = filter
	if (startedFromMs !== undefined && call.startedAtMs < startedFromMs) return false
	if (startedBeforeMs !== undefined && call.startedAtMs >= startedBeforeMs) return false
	return Object.entries(exact).every(([name, value]) => value === undefined || call[name as keyof Call] === value)
}

/** Newest first; to the called user a call is missed as well when the caller gave up. */
function unseenMissed(tables: Tables, { id, tenantId }: Pick<Device, 'id' | 'tenantId'>): readonly MissedCall[] {
	const row = tables.devices.get(id)
	const seen = tables.seen.get(id)
	if (row?.device.tenantId !== tenantId) return []
	return [...tables.calls.values()]
		.filter(({ id, accountId, direction, outcome }) => {
			const sinceMs = row.device.lines.includes(accountId) ? row.lineSinceMs.get(accountId) : undefined
			if (sinceMs === undefined || (tables.recordedAtMs.get(id) ?? 0) < sinceMs || seen?.has(id)) return false
			return direction === 'incoming' && (outcome === 'missed' || outcome === 'cancelled')
		})
		.sort((one, other) => other.startedAtMs - one.startedAtMs || (one.id < other.id ? 1 : -1))
		.slice(0, MOST_MISSED)
		.map(({ id: callId, accountId, fromUri, fromDisplayName, startedAtMs: atMs }) =>
			present<MissedCall>({ callId, accountId, fromUri, fromDisplayName, atMs }),
		)
}
