import type { Account, AccountChange, AccountStore } from '@vigil/domain'
import { invalidField } from './problems/problem-error.ts'

/**
 * Refuses a refresh that is shorter than the account's SIP server is known to accept: by the Min-Expires of a 423 (RFC 3261
 * 10.2.8). Where nothing is known, or the change leads to another server, it is taken, and the worker finds out.
 *
 * @param field How the request names the refresh.
 * @throws {RequestProblem} 422 with the rule `server_minimum`.
 */
export async function refuseTooShortRefresh(
	accounts: Pick<AccountStore, 'status'>,
	account: Account,
	change: AccountChange,
	field: string,
): Promise<void> {
	const seconds = change.attributes?.registrationRefreshSeconds
	if (seconds === undefined || leadsElsewhere(account, change)) return
	const minimum = (await accounts.status(account.tenantId, account.id))?.minExpiresSeconds
	if (minimum === undefined || seconds >= minimum) return
	const message = `must be at least ${minimum} seconds: the SIP server accepts no shorter registration`
	throw invalidField(field, 'server_minimum', message)
}

function leadsElsewhere(account: Account, { domain, transport, attributes }: AccountChange): boolean {
	const proxy = attributes?.outboundProxy
	return (
		(domain !== undefined && domain !== account.domain) ||
		(transport !== undefined && transport !== account.transport) ||
		(proxy !== undefined && (proxy ?? undefined) !== account.attributes.outboundProxy)
	)
}
