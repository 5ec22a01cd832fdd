import type { PushJob, SignalPayload, SignalTopic } from '@vigil/contracts'
import {
	type Account,
	type AccountId,
	type AccountStore,
	type BindingStore,
	type CallStore,
	type Device,
	type DeviceBinding,
	type DeviceId,
	type DeviceStore,
	type ForegroundLeaseStore,
	type RegistrationStatus,
	Secret,
} from '@vigil/domain'

type Handler = (payload: never) => void | Promise<void>

/** Signals within one process, delivered at once. */
class MemorySignals {
	readonly #handlers = new Map<SignalTopic, Set<Handler>>()

	async publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void> {
		for (const handler of this.#handlers.get(topic) ?? []) await handler(payload as never)
	}

	async subscribe<Topic extends SignalTopic>(
		topic: Topic,
		handler: (payload: SignalPayload<Topic>) => void | Promise<void>,
	): Promise<() => Promise<void>> {
		const handlers = this.#handlers.get(topic) ?? new Set<Handler>()
		this.#handlers.set(topic, handlers.add(handler))
		return async () => void handlers.delete(handler)
	}
}

/** Everything around a registration worker and an edge, in memory: what they need of the stores, and the pushes. */
export class MemoryPorts {
	readonly signals = new MemorySignals()
	readonly accountsById = new Map<AccountId, Account>()
	readonly devicesById = new Map<DeviceId, Device>()
	readonly bindingsByDevice = new Map<DeviceId, DeviceBinding>()
	readonly statuses = new Map<AccountId, RegistrationStatus>()
	readonly pushes: PushJob[] = []
	/** The password of every account at its SIP server, and of every device at the edge. */
	password = 'correct horse'

	readonly accounts = only<AccountStore>({
		load: async (id) => this.accountsById.get(id),
		stream: (size) => batches([...this.accountsById.values()], size),
		openCredential: async (id) => {
			const account = this.accountsById.get(id)
			return account && { username: account.username, password: new Secret(this.password) }
		},
		openCredentials: async (ids) =>
			new Map(
				ids.flatMap((id) => {
					const account = this.accountsById.get(id)
					return account ? [[id, { username: account.username, password: new Secret(this.password) }] as const] : []
				}),
			),
		saveStatuses: async (statuses) => {
			for (const [id, { status }] of statuses) this.statuses.set(id, status)
		},
		nextGeneration: async (_tenantId, id) => {
			const account = this.accountsById.get(id)
			if (!account) return 1
			const registrationGeneration = account.registrationGeneration + 1
			this.accountsById.set(id, { ...account, registrationGeneration })
			return registrationGeneration
		},
	})

	readonly devices = only<DeviceStore>({
		load: async (id) => this.devicesById.get(id),
		loadByAccounts: async (ids) =>
			new Map(ids.map((id) => [id, [...this.devicesById.values()].filter((device) => device.lines.includes(id))])),
		openSipCredential: async (id) => (this.devicesById.has(id) ? { secret: new Secret(this.password) } : undefined),
		keptSipCredentials: async () => new Map(),
		noteAnsweredOffer: async () => {},
	})

	readonly bindings = only<BindingStore>({
		save: async (binding) => void this.bindingsByDevice.set(binding.deviceId, binding),
		remove: async (deviceId, bindingId) =>
			this.bindingsByDevice.get(deviceId)?.bindingId === bindingId && this.bindingsByDevice.delete(deviceId),
		removeByEdge: async () => 0,
		list: async (ids) => ids.flatMap((id) => this.bindingsByDevice.get(id) ?? []),
	})

	readonly calls = only<CallStore>({
		begin: async () => {},
		end: async () => {},
		answered: async () => {},
		append: async () => {},
	})

	readonly foregroundLeases = only<ForegroundLeaseStore>({
		accountsWithLapsedLease: async (afterMs, untilMs) => {
			const lapsed = [...this.devicesById.values()].filter(({ activity, leaseUntilMs }) => {
				return (
					activity === 'foreground' && leaseUntilMs !== undefined && leaseUntilMs > afterMs && leaseUntilMs <= untilMs
				)
			})
			return [...new Set(lapsed.flatMap((device) => device.lines))]
		},
	})

	readonly enqueuePush = async (job: PushJob): Promise<void> => void this.pushes.push(job)
}

/** The part of a store that is needed. */
function only<Store>(part: Partial<Store>): Store {
	return part as Store
}

async function* batches<T>(items: readonly T[], size: number): AsyncIterable<readonly T[]> {
	for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}
