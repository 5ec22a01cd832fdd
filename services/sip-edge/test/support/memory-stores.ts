import type { SignalPayload, SignalTopic } from '@vigil/contracts'
import { type DeviceBinding, type DeviceId, type DigestOffer, Secret, type SipCredential } from '@vigil/domain'
import { Mailbox } from '@vigil/testkit'
import type { EdgeBindings, EdgeContacts, EdgeDevices, EdgeForegroundLeases, EdgeSignals } from '../../src/index.ts'

/** Devices by password. */
export class MemoryDevices implements EdgeDevices {
	readonly passwords = new Map<string, string>()
	/** What is known of their digests. */
	readonly digests = new Map<string, Pick<SipCredential, 'digestAlgorithms' | 'answeredOffer'>>()
	/** Look-ups of passwords so far. */
	lookUps = 0
	/** The store is down. */
	broken = false

	async openSipCredential(id: DeviceId): Promise<SipCredential | undefined> {
		this.lookUps++
		if (this.broken) throw new Error('the database does not answer')
		const password = this.passwords.get(id)
		return password === undefined ? undefined : { secret: new Secret(password), ...this.digests.get(id) }
	}

	async noteAnsweredOffer(id: DeviceId, answeredOffer: DigestOffer): Promise<void> {
		if (this.broken) throw new Error('the database does not answer')
		this.digests.set(id, { answeredOffer, ...this.digests.get(id) })
	}

	async load(id: DeviceId) {
		// The edge looks no further than whether there is one.
		return this.passwords.has(id) ? ({ id } as Awaited<ReturnType<EdgeDevices['load']>>) : undefined
	}
}

/** Bindings as the store holds them. */
export class MemoryBindings implements EdgeBindings {
	readonly rows = new Map<DeviceId, DeviceBinding>()
	saves = 0
	/** So many of the next writes fail. */
	failures = 0
	/** While set, saves wait for it. */
	gate: Promise<void> | undefined

	async save(binding: DeviceBinding): Promise<void> {
		await this.gate
		this.#mayFail()
		this.saves++
		this.rows.set(binding.deviceId, binding)
	}

	async remove(deviceId: DeviceId, bindingId: string): Promise<boolean> {
		this.#mayFail()
		return this.rows.get(deviceId)?.bindingId === bindingId && this.rows.delete(deviceId)
	}

	async removeByEdge(edgeUri: string): Promise<number> {
		const left = [...this.rows.values()].filter(({ route }) => route.startsWith(`${edgeUri};`))
		for (const { deviceId } of left) this.rows.delete(deviceId)
		return left.length
	}

	#mayFail(): void {
		if (this.failures === 0) return
		this.failures--
		throw new Error('the database does not answer')
	}
}

/** Signs of life as they were told. */
export class MemoryPresence implements EdgeForegroundLeases, EdgeContacts {
	readonly contacts: DeviceId[] = []
	readonly renewals: ReadonlyMap<DeviceId, number>[] = []
	broken = false

	async noteContact({ id }: { readonly id: DeviceId }): Promise<boolean> {
		this.#mayFail()
		this.contacts.push(id)
		return true
	}

	async renewLeases(untilMs: ReadonlyMap<DeviceId, number>): Promise<number> {
		this.#mayFail()
		this.renewals.push(untilMs)
		return untilMs.size
	}

	#mayFail(): void {
		if (this.broken) throw new Error('the database does not answer')
	}
}

type Handler = (payload: never) => void | Promise<void>

export type Signal = { [Topic in SignalTopic]: { topic: Topic; payload: SignalPayload<Topic> } }[SignalTopic]

/** Signals within the test. */
export class MemorySignals implements EdgeSignals {
	readonly published = new Mailbox<Signal>(({ topic }) => topic)
	broken = false
	readonly #handlers = new Map<SignalTopic, Set<Handler>>()

	async publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void> {
		if (this.broken) throw new Error('the queue does not answer')
		this.published.push({ topic, payload } as Signal)
		for (const handler of this.#handlers.get(topic) ?? []) await handler(payload as never)
	}

	async subscribe<Topic extends SignalTopic>(
		topic: Topic,
		handler: (payload: SignalPayload<Topic>) => void | Promise<void>,
	): Promise<() => Promise<void>> {
		const handlers = this.#handlers.get(topic) ?? new Set<Handler>()
		this.#handlers.set(topic, handlers)
		handlers.add(handler)
		return async () => void handlers.delete(handler)
	}

	get subscriptions(): number {
		return [...this.#handlers.values()].reduce((sum, handlers) => sum + handlers.size, 0)
	}
}
