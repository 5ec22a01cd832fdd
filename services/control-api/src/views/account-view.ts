import type { AccountView, LineView } from '@vigil/contracts'
import { type Account, addressOfRecord } from '@vigil/domain'
import { instant, optional } from './instant.ts'

/** An account as its tenant sees it; neither credential nor contact token is in it. */
export function accountView(account: Account): AccountView {
	return {
		id: account.id,
		aor: addressOfRecord(account),
		username: account.username,
		domain: account.domain,
		...optional('authUsername', account.authUsername),
		...optional('displayName', account.displayName),
		transport: account.transport,
		attributes: { ...account.attributes },
		disabled: account.disabled,
		version: account.version,
		createdAt: instant(account.createdAtMs),
	}
}

/** An account as a line of a device. */
export function lineView(account: Account): LineView {
	return {
		accountId: account.id,
		aor: addressOfRecord(account),
		...optional('displayName', account.displayName),
	}
}
