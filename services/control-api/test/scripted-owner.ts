import {
	type AccountId,
	type Holding,
	holdingDevice,
	initialHolding,
	type RegistrationStatus,
	stepHolding,
	withEffectiveActivity,
} from '@vigil/domain'
import type { Stores } from '../src/deps.ts'
import type { MemorySignals } from './recorders.ts'

type Refusal = Pick<RegistrationStatus, 'state' | 'reason' | 'sipStatus'>
type Input = Parameters<typeof stepHolding>[1]

/**
 * Plays the worker that owns the accounts: on every change it writes the status that a registrar's answer would lead to.
 * `silent` plays an upstream server that does not answer, `refusal` one that refuses, `foreign` one that has so many
 * bindings of others, `slowRemoval` one that does not confirm a removal yet.
 */
export class ScriptedOwner {
	silent = false
	refusal: Refusal | undefined
	foreign = 0
	slowRemoval = false
	minExpiresSeconds: number | undefined
	readonly #stores: Stores
	readonly #signals: MemorySignals
	readonly #holdings = new Map<AccountId, { readonly holding: Holding; readonly blockingReason: string | undefined }>()

	constructor(stores: Stores, signals: MemorySignals) {
		this.#stores = stores
		this.#signals = signals
	}

	async listen(): Promise<void> {
		await this.#signals.subscribe('account.changed', ({ accountId }) => this.#act(accountId as AccountId))
	}

	/** The registrar is asked once more, as after the pause of the machine. */
	async askAgain(id: string): Promise<void> {
		await this.#act(id as AccountId, { type: 'due' })
	}

	async #act(id: AccountId, input?: Input): Promise<void> {
		const account = await this.#stores.accounts.load(id)
		if (account === undefined || this.silent) return
		const desired = this.#step(id, input ?? (await this.#statement(id)))
		const { holding, blockingReason } = this.#holdings.get(id) as {
			holding: Holding
			blockingReason: string | undefined
		}
		const base = {
			sinceMs: 1_700_000_000_000,
			accountVersion: account.version,
			holding: holding.phase,
			...(blockingReason === undefined ? {} : { blockingReason }),
			...(this.minExpiresSeconds === undefined ? {} : { minExpiresSeconds: this.minExpiresSeconds }),
		}
		const status: RegistrationStatus =
			desired === 'hold'
				? { ...base, state: 'registered', grantedExpiresSeconds: 600, target: 'udp:192.0.2.1:5060', ...this.refusal }
				: { ...base, state: this.slowRemoval ? 'unregistering' : 'unregistered' }
		await this.#stores.accounts.saveStatuses(new Map([[id, { tenantId: account.tenantId, status }]]))
		await this.#signals.publish('registration.changed', { accountId: id, state: status.state, atMs: status.sinceMs })
	}

	/** Runs the machine to its rest: the registrar answers each query and confirms each removal. */
	#step(id: AccountId, input: Input): Holding['desired'] {
		const before = this.#holdings.get(id) ?? { holding: initialHolding(), blockingReason: undefined }
		const nowMs = input.type === 'due' ? (before.holding.dueAtMs ?? 0) : 0
		const { state, effects } = stepHolding(before.holding, input, nowMs)
		const said = effects.findLast((effect) => effect.type === 'blocking-reason')
		this.#holdings.set(id, { holding: state, blockingReason: said === undefined ? before.blockingReason : said.reason })
		const query = effects.find((effect) => effect.type === 'query-bindings')?.query
		if (query !== undefined) {
			// In mode 0 it keeps the device's binding beside ours.
			const listed = state.mode === 0 ? { ours: true, others: 1 } : { ours: false, others: this.foreign }
			return this.#step(id, { type: 'bindings', query, ...listed })
		}
		if (state.phase === 'releasing' && !this.slowRemoval) {
			return this.#step(id, { type: 'registration', state: 'unregistered', mayBeBound: false })
		}
		return state.desired
	}

	async #statement(id: AccountId): Promise<Input> {
		const account = await this.#stores.accounts.load(id)
		const devices = (await this.#stores.devices.loadByAccounts([id])).get(id) ?? []
		return {
			type: 'statement',
			mode: account?.attributes.registrationMode ?? 0,
			enabled: account?.attributes.pushEnabled === true && !account.disabled,
			devices: devices.map((device) => holdingDevice(withEffectiveActivity(device, Date.now()))),
			swap: 'unknown',
			registered: false,
		}
	}
}
