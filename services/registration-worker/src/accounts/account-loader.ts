import type {
	Account,
	AccountId,
	AccountStore,
	BindingStore,
	DeviceId,
	DeviceStore,
	KeptSipCredential,
} from '@vigil/domain'
import type { AccountDirectory, DirectoryEntry } from './account-directory.ts'

const BATCH = 500
const NONE: ReadonlyMap<DeviceId, KeptSipCredential> = new Map()

export interface AccountSource {
	readonly accounts: AccountStore
	readonly devices: DeviceStore
	readonly bindings: BindingStore
}

/**
 * Streams every account with its devices and their bindings into the directory, a batch at a time; `admit` gets the slot
 * of each as soon as it is there.
 */
export async function loadAll(
	source: AccountSource,
	directory: AccountDirectory,
	nowMs: () => number,
	admit: (slot: number, entry: DirectoryEntry) => void,
): Promise<void> {
	for await (const batch of source.accounts.stream(BATCH)) {
		const entries = await withDevices(source, batch)
		await loadBindings(source, directory, entries, nowMs())
		for (const entry of entries) {
			// What a signal has brought meanwhile is newer.
			const known = directory.version(directory.slotOf(entry.account.id))
			if (known === undefined || known < entry.account.version) admit(directory.put(entry), entry)
		}
	}
}

/** Reads one account anew; undefined when it is gone. */
export async function loadOne(source: AccountSource, id: AccountId): Promise<DirectoryEntry | undefined> {
	const account = await source.accounts.load(id)
	if (!account) return undefined
	const [entry] = await withDevices(source, [account])
	return entry
}

async function withDevices(source: AccountSource, accounts: readonly Account[]): Promise<DirectoryEntry[]> {
	const devices = await source.devices.loadByAccounts(accounts.map((account) => account.id))
	const ids = [...devices.values()].flatMap((some) => some.map(({ id }) => id))
	const credentials = ids.length === 0 ? NONE : await source.devices.keptSipCredentials(ids)
	return accounts.map((account) => ({ account, devices: devices.get(account.id) ?? [], credentials }))
}

async function loadBindings(
	source: AccountSource,
	directory: AccountDirectory,
	entries: readonly DirectoryEntry[],
	nowMs: number,
): Promise<void> {
	const deviceIds = entries.flatMap(({ devices }) => devices.map((device) => device.id))
	if (deviceIds.length === 0) return
	for (const binding of await source.bindings.list(deviceIds, nowMs)) {
		// An attach told by a signal meanwhile is newer.
		if (!directory.binding(binding.deviceId, nowMs)) directory.attach(binding)
	}
}
