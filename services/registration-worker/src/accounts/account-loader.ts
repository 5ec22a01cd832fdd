import type { Account, AccountId, AccountStore, BindingStore, DeviceStore } from '@vigil/domain'
import type { AccountDirectory, DirectoryEntry } from './account-directory.ts'

const BATCH = 500

export interface AccountSource {
	readonly accounts: AccountStore
	readonly devices: DeviceStore
	readonly bindings: BindingStore
}

/** Streams every account with its devices and their bindings into the directory. */
export async function loadAll(source: AccountSource, directory: AccountDirectory, nowMs: number): Promise<void> {
	for await (const batch of source.accounts.stream(BATCH)) {
		for (const entry of await withDevices(source, batch)) directory.put(entry)
		await loadBindings(source, directory, batch, nowMs)
	}
}

/** Reads one account anew; undefined when it is gone. */
export async function loadOne(source: AccountSource, id: AccountId): Promise<DirectoryEntry | undefined> {
	const account = await source.accounts.load(id)
	if (!account) return undefined
	const [entry] = await withDevices(source, [account])
	return entry
}

/** Accounts whose version differs from the directory's, and those that are gone: what signals may have missed. */
export async function findChanged(source: AccountSource, directory: AccountDirectory): Promise<AccountId[]> {
	const unseen = new Set(directory.ids())
	const changed: AccountId[] = []
	for await (const batch of source.accounts.stream(BATCH)) {
		for (const account of batch) {
			unseen.delete(account.id)
			if (directory.get(account.id)?.account.version !== account.version) changed.push(account.id)
		}
	}
	return [...changed, ...unseen]
}

async function withDevices(source: AccountSource, accounts: readonly Account[]): Promise<DirectoryEntry[]> {
	const devices = await source.devices.loadByAccounts(accounts.map((account) => account.id))
	return accounts.map((account) => ({ account, devices: devices.get(account.id) ?? [] }))
}

async function loadBindings(
	source: AccountSource,
	directory: AccountDirectory,
	accounts: readonly Account[],
	nowMs: number,
): Promise<void> {
	const deviceIds = accounts.flatMap((account) => directory.get(account.id)?.devices.map((device) => device.id) ?? [])
	if (deviceIds.length === 0) return
	for (const binding of await source.bindings.list(deviceIds, nowMs)) directory.attach(binding)
}
