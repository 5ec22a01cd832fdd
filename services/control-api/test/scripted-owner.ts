import { type AccountId, desiredHolding, type RegistrationStatus } from '@vigil/domain'
import type { Stores } from '../src/deps.ts'
import type { MemorySignals } from './recorders.ts'

type Refusal = Pick<RegistrationStatus, 'state' | 'reason' | 'sipStatus'>

/**
 * Plays the worker that owns the accounts: on every change it writes the status that a registrar's answer would
 * lead to. `silent` plays an upstream server that does not answer, `refusal` one that refuses.
 */
export class ScriptedOwner {
	silent = false
	refusal: Refusal | undefined
	readonly #stores: Stores
	readonly #signals: MemorySignals

	constructor(stores: Stores, signals: MemorySignals) {
		this.#stores = stores
		this.#signals = signals
	}

	async listen(): Promise<void> {
		await this.#signals.subscribe('account.changed', ({ accountId }) => this.#act(accountId as AccountId))
	}

	async #act(id: AccountId): Promise<void> {
		const account = await this.#stores.accounts.load(id)
		if (account === undefined || this.silent) return
		const devices = (await this.#stores.devices.loadByAccounts([id])).get(id) ?? []
		const { hold } = desiredHolding(account, devices)
		const base = { sinceMs: 1_700_000_000_000, accountVersion: account.version }
		const status: RegistrationStatus = hold
			? { ...base, state: 'registered', grantedExpiresSeconds: 600, target: 'udp:192.0.2.1:5060', ...this.refusal }
			: { ...base, state: 'unregistered' }
		await this.#stores.accounts.saveStatuses(new Map([[id, status]]))
		await this.#signals.publish('registration.changed', { accountId: id, state: status.state, atMs: status.sinceMs })
	}
}
