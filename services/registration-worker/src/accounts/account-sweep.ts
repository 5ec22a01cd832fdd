import type { AccountId, AccountStore, AccountVersion } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { AccountDirectory } from './account-directory.ts'

/** One question's worth, every so often: a pass over a million accounts takes half an hour and no noticeable work. */
const BATCH = 2500
const REST_MS = 5000

/**
 * One pass over all accounts in the database: `changed` is called for each whose version differs from the directory's, and
 * for each that is gone. What signals may have missed. Slow on purpose; ends early when `stopped`.
 */
export async function sweepAccounts(
	accounts: Pick<AccountStore, 'stream' | 'versions'>,
	directory: AccountDirectory,
	clock: Clock,
	changed: (id: AccountId) => void,
	stopped: () => boolean,
): Promise<void> {
	const seen = new Uint8Array(directory.span)
	for await (const batch of versionsOf(accounts)) {
		for (const { id, version } of batch) {
			const slot = directory.slotOf(id)
			if (slot >= 0 && slot < seen.length) seen[slot] = 1
			if (directory.version(slot) !== version) changed(id)
		}
		if (stopped()) return
		if (batch.length === BATCH) await new Promise<void>((resolve) => clock.setTimer(REST_MS, resolve))
		if (stopped()) return
	}
	for (const [slot, wasSeen] of seen.entries()) {
		const id = wasSeen === 0 && directory.holds(slot) ? directory.facts(slot)?.id : undefined
		if (id !== undefined) changed(id)
	}
}

async function* versionsOf(
	accounts: Pick<AccountStore, 'stream' | 'versions'>,
): AsyncGenerator<readonly AccountVersion[]> {
	if (!accounts.versions) {
		yield* accounts.stream(BATCH)
		return
	}
	let after = ''
	for (;;) {
		const batch = await accounts.versions(after, BATCH)
		const last = batch.at(-1)
		if (!last) return
		yield batch
		after = last.id
	}
}
