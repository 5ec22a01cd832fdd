import {
	type AccountId,
	CONTACT_NOTED_EVERY_MS,
	type CredentialLife,
	type CredentialState,
	type SilentCredential,
	silentSinceMs,
	type TenantId,
} from '@vigil/domain'
import { deleteCredential } from './accounts.ts'
import { present, type Tables } from './tables.ts'

/** How long credentials live: contacts of devices, warnings, deletion. */
export function memoryCredentials(tables: Tables): CredentialLife {
	const { accounts, credentialFacts: facts, devices } = tables
	return {
		states: async (tenantId, ids) =>
			new Map(
				ids.flatMap((id) => {
					const state = accounts.get(id)?.tenantId === tenantId ? stateOf(tables, id) : undefined
					return state ? [[id, state] as const] : []
				}),
			),
		noteContact: async ({ id: deviceId, tenantId }, atMs) => {
			const row = devices.get(deviceId)
			const { lastContactMs = Number.NEGATIVE_INFINITY } = row?.device ?? {}
			if (!row || (tenantId ?? row.device.tenantId) !== row.device.tenantId) return false
			if (lastContactMs > atMs - CONTACT_NOTED_EVERY_MS) return false
			devices.set(deviceId, { ...row, device: { ...row.device, lastContactMs: atMs } })
			for (const line of row.device.lines) {
				const known = facts.get(line)
				if (!known) continue
				facts.set(line, { ...known, warnedAtMs: [], lastContactMs: Math.max(known.lastContactMs ?? atMs, atMs) })
			}
			return true
		},
		async *silent(tenantId, sinceMs, batchSize) {
			const all = silent(tables, tenantId, sinceMs)
			for (let at = 0; at < all.length; at += batchSize) yield all.slice(at, at + batchSize)
		},
		recordWarning: async (tenantId, credential, atMs) => {
			const { accountId, warnedAtMs } = credential
			const known = facts.get(accountId)
			if (!known || !isSilent(tables, tenantId, accountId, silentSinceMs(credential))) return false
			if (known.warnedAtMs.length !== warnedAtMs.length) return false
			facts.set(accountId, { ...known, warnedAtMs: [...known.warnedAtMs, atMs] })
			return true
		},
		deleteSilent: async (tenantId, credential, atMs) => {
			const { accountId } = credential
			if (!isSilent(tables, tenantId, accountId, silentSinceMs(credential))) return false
			deleteCredential(tables, accountId, atMs, 'inactive')
			const account = accounts.get(accountId)
			if (account) {
				const attributes = { ...account.attributes, pushEnabled: false }
				accounts.set(accountId, { ...account, attributes, version: account.version + 1 })
			}
			return true
		},
	}
}

function stateOf({ credentials, credentialFacts }: Tables, accountId: AccountId): CredentialState | undefined {
	const facts = credentialFacts.get(accountId)
	if (!facts) return undefined
	const credential = credentials.get(accountId)
	const { sinceMs, ...rest } = facts
	const kind = credential && (credential.password ? 'password' : 'ha1')
	return present<CredentialState>({ accountId, kind, sinceMs: credential && sinceMs, ...rest })
}

function isSilent(tables: Tables, tenantId: TenantId, id: AccountId, sinceMs: number): boolean {
	const { accounts, credentials, credentialFacts } = tables
	const facts = credentialFacts.get(id)
	if (accounts.get(id)?.tenantId !== tenantId) return false
	return facts !== undefined && credentials.has(id) && silentSinceMs(facts) <= sinceMs
}

function silent(tables: Tables, tenantId: TenantId, sinceMs: number): SilentCredential[] {
	return [...tables.accounts.values()]
		.filter(({ id }) => isSilent(tables, tenantId, id, sinceMs))
		.sort((one, other) => (one.id < other.id ? -1 : 1))
		.flatMap(({ id: accountId }) => {
			const facts = tables.credentialFacts.get(accountId)
			if (!facts) return []
			const { sinceMs: storedSinceMs, lastContactMs, warnedAtMs } = facts
			return present<SilentCredential>({ accountId, sinceMs: storedSinceMs, lastContactMs, warnedAtMs })
		})
}
