import type { AccountId, AccountStore } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { AccountDirectory } from './account-directory.ts'

const BATCH = 500
/** Accounts compared in a second at most: a pass over a million takes a quarter of an hour and no noticeable work. */
const PER_SECOND = 1000

/**
 * One pass over all accounts in the database: `changed` is called for each whose version differs from the directory's, and
 * for each that is gone. What signals may have missed. Slow on purpose; ends early when `stopped`.
 */
export async function sweepAccounts(
	accounts: Pick<AccountStore, 'stream'>,
	directory: AccountDirectory,
	clock: Clock,
	changed: (id: AccountId) => void,
	stopped: () => boolean,
): Promise<void> {
	const seen = new Uint8Array(directory.span)
	for await (const batch of accounts.stream(BATCH)) {
		for (const { id, version } of batch) {
			const slot = directory.slotOf(id)
			if (slot >= 0 && slot < seen.length) seen[slot] = 1
			if (directory.version(slot) !== version) changed(id)
		}
		if (stopped()) return
		if (batch.length === BATCH) {
			await new Promise<void>((resolve) => clock.setTimer((BATCH / PER_SECOND) * 1000, resolve))
		}
		if (stopped()) return
	}
	for (const [slot, wasSeen] of seen.entries()) {
		const id = wasSeen === 0 && directory.holds(slot) ? directory.facts(slot)?.id : undefined
		if (id !== undefined) changed(id)
	}
}
