import { tokensFor } from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'
import type { CredentialWarning } from './credential-warning.ts'

type RefreshDeps = Pick<ControlApiDeps, 'pushJobs' | 'random' | 'logger'> & {
	readonly stores: Pick<ControlApiDeps['stores'], 'devices'>
}

/** A push that nobody could deliver within a day comes too late to be of use; the next warning brings another. */
const WORTH_MS = 86_400_000

/**
 * Asks the silent apps of an account to be heard of, so that its credential is kept. A push that cannot be queued fails
 * nothing: the tenant sees the warning on the account.
 */
export async function askToRefresh(deps: RefreshDeps, warning: CredentialWarning, nowMs: number): Promise<void> {
	const { tenantId, accountId, expiresAtMs } = warning
	try {
		const devices = (await deps.stores.devices.findByAccounts(tenantId, [accountId])).get(accountId) ?? []
		for (const device of devices) {
			if (tokensFor('refresh', device).length === 0) continue
			await deps.pushJobs.enqueue({
				intent: 'refresh',
				pushId: deps.random.uuid(),
				tenantId,
				deviceId: device.id,
				accountId,
				enqueuedAtMs: nowMs,
				deadlineMs: Math.min(expiresAtMs, nowMs + WORTH_MS),
			})
		}
	} catch (error) {
		deps.logger.warn({ err: error, accountId }, 'could not ask the devices of a silent account to be heard of')
	}
}
