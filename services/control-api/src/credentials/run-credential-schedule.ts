import {
	type AccountId,
	type CredentialDecision,
	type CredentialSchedule,
	credentialSchedule,
	decideCredential,
	type SilentCredential,
	silenceToLookAtMs,
	type Tenant,
	type TenantId,
} from '@vigil/domain'
import { announceAccount } from '../announcements.ts'
import type { ControlApiDeps } from '../deps.ts'
import { settingsOf } from '../tenant-settings.ts'
import { askToRefresh } from './ask-to-refresh.ts'
import type { CredentialWarning } from './credential-warning.ts'

export type CredentialScheduleDeps = Pick<
	ControlApiDeps,
	'signals' | 'clock' | 'logger' | 'random' | 'tenantDefaults' | 'pushJobs'
> & {
	readonly stores: Pick<ControlApiDeps['stores'], 'tenants' | 'tenantSettings' | 'credentials' | 'devices'>
}

/** What one run did. */
export interface CredentialRun {
	readonly warned: readonly CredentialWarning[]
	readonly deleted: readonly AccountId[]
}

const TENANTS_AT_ONCE = 200
const ACCOUNTS_AT_ONCE = 500

/**
 * Goes through every stored credential whose account has been silent for long: records the warnings that are due, and
 * deletes what has expired, which turns push off for the account and tells its owner. To be run every hour or so; several
 * processes at once do no harm, and a run that did not take place is made up for by the next.
 */
export async function runCredentialSchedule(deps: CredentialScheduleDeps, nowMs: number): Promise<CredentialRun> {
	const warned: CredentialWarning[] = []
	const deleted: AccountId[] = []
	for await (const { id: tenantId } of allTenants(deps)) {
		for await (const { accountId, action, expiresAtMs } of treatTenant(deps, tenantId, nowMs)) {
			if (action === 'warn') {
				warned.push({ tenantId, accountId, expiresAtMs })
				await askToRefresh(deps, { tenantId, accountId, expiresAtMs }, nowMs)
			}
			if (action === 'delete') deleted.push(accountId)
		}
	}
	return { warned, deleted }
}

interface Treated extends CredentialDecision {
	readonly accountId: AccountId
}

async function* treatTenant(deps: CredentialScheduleDeps, tenantId: TenantId, nowMs: number): AsyncGenerator<Treated> {
	const { credentialInactivityDays } = await settingsOf(deps, tenantId)
	const schedule = credentialSchedule(credentialInactivityDays)
	if (schedule === undefined) return
	const sinceMs = silenceToLookAtMs(schedule, nowMs)
	for await (const batch of deps.stores.credentials.silent(tenantId, sinceMs, ACCOUNTS_AT_ONCE)) {
		for (const credential of batch) yield await treat(deps, { tenantId, credential, schedule }, nowMs)
	}
}

interface Treatment {
	readonly tenantId: TenantId
	readonly credential: SilentCredential
	readonly schedule: CredentialSchedule
}

/** Does what is due for one credential; `keep` also where another process or a contact was first. */
async function treat(
	deps: CredentialScheduleDeps,
	{ tenantId, credential, schedule }: Treatment,
	nowMs: number,
): Promise<Treated> {
	const { accountId } = credential
	const { action, expiresAtMs } = decideCredential(credential, schedule, nowMs)
	const { credentials } = deps.stores
	if (action === 'warn' && (await credentials.recordWarning(tenantId, credential, nowMs))) {
		return { accountId, action, expiresAtMs }
	}
	if (action === 'delete' && (await credentials.deleteSilent(tenantId, credential, nowMs))) {
		await announceAccount(deps, accountId)
		return { accountId, action, expiresAtMs }
	}
	return { accountId, action: 'keep', expiresAtMs }
}

async function* allTenants({ stores }: CredentialScheduleDeps): AsyncGenerator<Tenant> {
	let cursor: string | undefined
	do {
		const page = await stores.tenants.list({ limit: TENANTS_AT_ONCE, ...(cursor === undefined ? {} : { cursor }) })
		yield* page.items
		cursor = page.nextCursor
	} while (cursor !== undefined)
}
