import type { AccountId, TenantId } from '@vigil/domain'
import type { Logger } from '@vigil/runtime'
import type { AccountDirectory, DirectoryEntry } from '../accounts/account-directory.ts'
import { messageOf } from './unsendable.ts'

export interface NextGenerationDeps {
	readonly directory: AccountDirectory
	readonly nextGeneration: (tenantId: TenantId, id: AccountId) => Promise<number>
	readonly logger: Logger
}

interface Outcome {
	/** The account as it is with the next generation. */
	configure(slot: number, entry: DirectoryEntry): void
	/** There is no such account any more. */
	gone(): void
}

/** Counts the account's registration on, in the database. */
export function startNextGeneration(
	slot: number,
	{ directory, nextGeneration, logger }: NextGenerationDeps,
	{ configure, gone }: Outcome,
): void {
	const id = directory.facts(slot)?.id
	const tenantId = directory.profile(slot)?.tenantId
	if (id === undefined || tenantId === undefined) return
	if (!directory.holds(slot)) {
		// Nobody counts generations of an account that is gone: its binding ends by itself.
		queueMicrotask(gone)
		return
	}
	nextGeneration(tenantId, id)
		.then((registrationGeneration) => {
			if (!directory.holds(slot)) return
			const entry = directory.at(slot)
			if (!entry) return
			const next = { ...entry, account: { ...entry.account, registrationGeneration } }
			configure(directory.put(next), next)
		})
		.catch((error: unknown) => logger.warn({ slot, error: messageOf(error) }, 'no new registration generation'))
}
