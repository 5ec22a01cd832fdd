import type { AccountId, Forgetting, Retention } from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'

const CALLS_AT_ONCE = 500
/** What a request waits for; the hourly run does the rest. */
const BATCHES_IN_A_REQUEST = 4
const ACCOUNTS_AT_ONCE = 100

/**
 * Forgets who called an account that was just removed, as far as that is done at once. What is left, also by a failure, is written down
 * with the removal, so this never throws.
 */
export async function forgetFirstCallers(
	{ stores, logger }: Pick<ControlApiDeps, 'stores' | 'logger'>,
	forgetting: Forgetting,
): Promise<void> {
	try {
		let batches = 0
		await forgetWhile(stores.retention, forgetting, async () => ++batches < BATCHES_IN_A_REQUEST)
	} catch (error) {
		logger.warn({ err: error, accountId: forgetting.accountId }, 'callers are forgotten later')
	}
}

/** Goes on with what removals have left, account after account; `goesOn` is asked between batches. */
export async function forgetCallers(retention: Retention, goesOn: () => Promise<boolean>): Promise<void> {
	let after: AccountId | undefined
	for (;;) {
		const left = await retention.forgettings(after, ACCOUNTS_AT_ONCE)
		for (const forgetting of left) {
			if (!(await goesOn())) return
			if (!(await forgetWhile(retention, forgetting, goesOn))) return
			after = forgetting.accountId
		}
		if (left.length < ACCOUNTS_AT_ONCE) return
	}
}

/** False where it was stopped before the account was done with. */
async function forgetWhile(
	retention: Retention,
	forgetting: Forgetting,
	goesOn: () => Promise<boolean>,
): Promise<boolean> {
	while ((await retention.forgetCallers(forgetting, CALLS_AT_ONCE)) === CALLS_AT_ONCE) {
		if (!(await goesOn())) return false
	}
	return true
}
