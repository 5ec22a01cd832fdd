import type { Account, Call, Device, MissedCall, TenantId } from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'

type CallDeps = Pick<ControlApiDeps, 'stores' | 'clock' | 'logger'>

/** How far back a call may have begun and still wait; Timer C of RFC 3261 16.6 ends an INVITE after three minutes. */
const LONGEST_WAIT_MS = 180_000
const LATEST_CALLS = 20

/** Missed calls that the device was not told of; it is told now. Evidence that cannot be read does not fail the handoff. */
export async function missedCalls({ stores, logger }: CallDeps, device: Device): Promise<readonly MissedCall[]> {
	try {
		const missed = await stores.calls.unseenMissed(device)
		if (missed.length > 0)
			await stores.calls.markSeen(
				device,
				missed.map((call) => call.callId),
			)
		return missed
	} catch (error) {
		logger.warn({ err: error, deviceId: device.id }, 'could not read missed calls')
		return []
	}
}

/** Calls of the accounts that wait for a device just now. */
export async function pendingCalls(
	{ stores, clock, logger }: CallDeps,
	tenantId: TenantId,
	accounts: readonly Account[],
): Promise<Call[]> {
	const earliestMs = clock.wall() - LONGEST_WAIT_MS
	try {
		const pages = await Promise.all(
			accounts.map(({ id }) => stores.calls.list(tenantId, { accountId: id }, { limit: LATEST_CALLS })),
		)
		return pages.flatMap(({ items }) => items.filter((call) => isWaiting(call) && call.startedAtMs >= earliestMs))
	} catch (error) {
		logger.warn({ err: error, tenantId }, 'could not read pending calls')
		return []
	}
}

/** The account is called, nobody has answered, and it has not ended. */
export function isWaiting(call: Call): boolean {
	return call.direction === 'incoming' && call.answeredAtMs === undefined && call.endedAtMs === undefined
}
