import type { AccountView, CredentialStateView, LineView } from '@vigil/contracts'
import {
	type Account,
	addressOfRecord,
	type CredentialSchedule,
	type CredentialState,
	credentialExpiresAtMs,
	credentialSchedule,
	type TenantId,
} from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'
import { type SettingsDeps, settingsOf } from '../tenant-settings.ts'
import { instant, optional, optionalInstant } from './instant.ts'
import { refusedCallsView } from './refused-calls-view.ts'

type ViewDeps = SettingsDeps & { readonly stores: Pick<ControlApiDeps['stores'], 'credentials' | 'refusals'> }

/** Accounts of one tenant as it sees them; neither credential nor contact token is in them. */
export async function accountViews(
	deps: ViewDeps,
	tenantId: TenantId,
	accounts: readonly Account[],
): Promise<AccountView[]> {
	const ids = accounts.map((account) => account.id)
	const [states, refusals, settings] = await Promise.all([
		deps.stores.credentials.states(tenantId, ids),
		deps.stores.refusals.ofAccounts(tenantId, ids),
		settingsOf(deps, tenantId),
	])
	const schedule = credentialSchedule(settings.credentialInactivityDays)
	return accounts.map((account) => ({
		...viewOf(account, states.get(account.id), schedule),
		...optional('refusedCalls', refusals.get(account.id)?.map(refusedCallsView)),
	}))
}

/** One account as its tenant sees it. */
export async function accountView(deps: ViewDeps, account: Account): Promise<AccountView> {
	const [view] = await accountViews(deps, account.tenantId, [account])
	return view as AccountView
}

function viewOf(
	account: Account,
	state: CredentialState | undefined,
	schedule: CredentialSchedule | undefined,
): AccountView {
	return {
		id: account.id,
		aor: addressOfRecord(account),
		username: account.username,
		domain: account.domain,
		...optional('authUsername', account.authUsername),
		...optional('displayName', account.displayName),
		transport: account.transport,
		...optional('webSocketPath', account.webSocketPath),
		attributes: { ...account.attributes },
		...optional('inviteSource', account.inviteSource),
		...optional('limits', account.limits),
		credential: credentialView(state),
		...optionalInstant('lastContactAt', state?.lastContactMs),
		...optionalInstant('credentialsExpireAt', expiryOf(state, schedule)),
		disabled: account.disabled,
		version: account.version,
		createdAt: instant(account.createdAtMs),
	}
}

function credentialView(state: CredentialState | undefined): CredentialStateView {
	return {
		kind: state?.kind ?? 'none',
		...optionalInstant('since', state?.sinceMs),
		warnedAt: (state?.warnedAtMs ?? []).map(instant),
		...optionalInstant('deletedAt', state?.deletedAtMs),
		...optional('deletedBecause', state?.deletedBecause),
	}
}

function expiryOf(state: CredentialState | undefined, schedule: CredentialSchedule | undefined): number | undefined {
	if (state?.sinceMs === undefined || schedule === undefined) return undefined
	return credentialExpiresAtMs({ ...state, sinceMs: state.sinceMs }, schedule)
}

/** An account as a line of a device. */
export function lineView(account: Account): LineView {
	return {
		accountId: account.id,
		aor: addressOfRecord(account),
		...optional('displayName', account.displayName),
	}
}
