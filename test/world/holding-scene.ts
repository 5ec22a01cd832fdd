import {
	type Account,
	type AccountAttributes,
	DEFAULT_ATTRIBUTES,
	type Device,
	type RegistrationMode,
} from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { silentLogger } from '@vigil/runtime'
import { until, VirtualClock } from '@vigil/testkit'
import { type BindingPolicy, BindingRegistrar } from './binding-registrar.ts'
import { accountOf, sleepingDevice, startLoneWorker } from './lone-worker.ts'
import { MemoryPorts } from './memory-ports.ts'
import { passTime } from './pass-time.ts'

/** Lease of the phone's foreground statements. */
export const LEASE_MS = 60_000

/** One account with one phone, a worker by a virtual clock, and the SIP server. */
export class HoldingScene {
	readonly clock = new VirtualClock()
	readonly ports = new MemoryPorts()
	readonly registrar: BindingRegistrar
	#account: Account
	#phone: Device
	#worker: RegistrationWorker | undefined
	#epoch = 0

	private constructor(registrar: BindingRegistrar, attributes: AccountAttributes) {
		this.registrar = registrar
		this.#account = accountOf('held', `127.0.0.1:${registrar.port}`, { attributes })
		this.#phone = sleepingDevice('phone', [this.#account.id])
		this.#keep()
	}

	static async start(
		registrationMode: RegistrationMode,
		policy: BindingPolicy,
		more: Partial<AccountAttributes> = {},
	): Promise<HoldingScene> {
		const registrar = await BindingRegistrar.start(policy)
		const scene = new HoldingScene(registrar, { ...DEFAULT_ATTRIBUTES, registrationMode, ...more })
		await scene.restart()
		return scene
	}

	async close(): Promise<void> {
		await this.#worker?.close()
		await this.registrar.close()
	}

	get status() {
		return this.ports.statuses.get(this.#account.id)
	}

	/** The service says that it is the phone's turn, as the answer to a handoff has it. */
	get isPhonesTurn(): boolean {
		const { status } = this
		const current = (status?.accountVersion ?? 0) >= this.#account.version
		return current && status?.holding === 'devices' && status.state === 'unregistered'
	}

	/** The worker stops without a word to anybody, and another one begins. */
	async restart(): Promise<void> {
		await this.#worker?.close()
		// The Contact stays the same, as that of a service does.
		const upstreamPort = this.#worker?.upstreamPort ?? 0
		this.#worker = await startLoneWorker(this.ports, this.clock, silentLogger, { upstreamPort }, ++this.#epoch)
	}

	/** The phone says what it does. */
	async say(change: Partial<Device>): Promise<void> {
		this.#phone = { ...this.#phone, registeredUpstream: false, unregisteredUpstream: false, ...change }
		await this.#announce()
	}

	async #announce(): Promise<void> {
		this.#account = { ...this.#account, version: this.#account.version + 1 }
		this.#keep()
		await this.ports.signals.publish('account.changed', { accountId: this.#account.id })
	}

	/** The tenant changes the account. */
	async change(attributes: Partial<AccountAttributes>): Promise<void> {
		this.#account = { ...this.#account, attributes: { ...this.#account.attributes, ...attributes } }
		await this.#announce()
	}

	/** The account is deleted. */
	async remove(): Promise<void> {
		this.ports.accountsById.delete(this.#account.id)
		await this.ports.signals.publish('account.changed', { accountId: this.#account.id })
	}

	/** The phone is removed. */
	async removePhone(): Promise<void> {
		this.ports.devicesById.delete(this.#phone.id)
		this.#account = { ...this.#account, version: this.#account.version + 1 }
		this.ports.accountsById.set(this.#account.id, this.#account)
		await this.ports.signals.publish('account.changed', { accountId: this.#account.id })
	}

	/** In use, with a lease from now on. */
	foreground(registeredUpstream = false, more: Partial<Device> = {}): Promise<void> {
		const leaseUntilMs = this.clock.now() + LEASE_MS
		return this.say({ activity: 'foreground', registeredUpstream, leaseUntilMs, ...more })
	}

	/** The app prolongs its lease, which sends no signal. */
	renew(): void {
		this.#phone = { ...this.#phone, leaseUntilMs: this.clock.now() + LEASE_MS }
		this.#keep()
	}

	/** Lets time pass until it is so, at most that long. */
	async reach(done: () => boolean, mostMs = 40_000): Promise<void> {
		await passTime(this.clock, { mostMs, stepMs: 100, done })
		await until(done)
	}

	async pass(ms: number): Promise<void> {
		await passTime(this.clock, { mostMs: ms, stepMs: 500 })
	}

	/** Another phone of the account, which sleeps. */
	addSleeper(name: string): void {
		const device = sleepingDevice(name, [this.#account.id])
		this.ports.devicesById.set(device.id, device)
	}

	#keep(): void {
		this.ports.accountsById.set(this.#account.id, this.#account)
		this.ports.devicesById.set(this.#phone.id, this.#phone)
	}
}
