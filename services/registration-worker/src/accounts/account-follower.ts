import type { Account } from '@vigil/domain'
import type { DirectoryEntry } from './account-directory.ts'

/** Who follows the accounts. */
export interface AccountFollower {
	/** Read for the first time at the start. */
	admitted(slot: number, entry: DirectoryEntry): void
	/** New or changed since. */
	changed(slot: number, entry: DirectoryEntry): void
	/** Changed so that what is bound for it is bound elsewhere: it has a new slot, the old one is the follower's to release. */
	moved(from: number, to: number, change: { readonly before: Account; readonly after: DirectoryEntry }): void
	/** Gone; the slot is the follower's to release. */
	removed(slot: number): void
}
