import {
	type AccountId,
	desiredHolding,
	initialRegistration,
	type Registration,
	type RegistrationEffect,
	type RegistrationInput,
	type RegistrationStatus,
	stepRegistration,
} from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'
import type { SipRequest } from '@vigil/sip'
import { type Flow, formatAddress, type SipEndpoint } from '@vigil/sip-transport'
import type { AccountDirectory, DirectoryEntry } from '../accounts/account-directory.ts'
import { DueQueue } from '../timers/due-queue.ts'
import { isConnectionBound, type UpstreamSide } from '../upstream/upstream-side.ts'
import { upstreamTarget } from '../upstream/upstream-target.ts'
import type { AccountCredentials } from './account-credentials.ts'
import { registrationSettings } from './registration-settings.ts'
import type { StatusReporter } from './status-reporter.ts'

export interface RegistrationDriverDeps {
	readonly directory: AccountDirectory
	readonly upstream: UpstreamSide
	readonly endpoint: SipEndpoint
	readonly credentials: AccountCredentials
	readonly reporter: StatusReporter
	readonly nextGeneration: (id: AccountId) => Promise<number>
	readonly clock: Clock
	readonly logger: Logger
	readonly identitySecret: string
	readonly leaseEpoch: number
}

type RegisterEffect = Extract<RegistrationEffect, { type: 'register' }>

/** Runs the registration machine of every account: its timers, its REGISTERs, its status. */
export class RegistrationDriver {
	readonly #deps: RegistrationDriverDeps
	readonly #states = new Map<AccountId, Registration>()
	readonly #targetsFailed = new Map<AccountId, number>()
	readonly #due: DueQueue<AccountId>
	/** Accounts registered over a connection: they must register again when it breaks. */
	readonly #accountsOfFlow = new Map<Flow, Set<AccountId>>()
	#closed = false

	constructor(deps: RegistrationDriverDeps) {
		this.#deps = deps
		this.#due = new DueQueue(deps.clock, (id) => this.#input(id, { type: 'due' }))
	}

	/** Accounts by visible state, for metrics. */
	countByState(): Map<RegistrationStatus['state'], number> {
		const counts = new Map<RegistrationStatus['state'], number>()
		for (const { status } of this.#states.values()) counts.set(status.state, (counts.get(status.state) ?? 0) + 1)
		return counts
	}

	/** Follows what the directory now says of the account. */
	configure(id: AccountId): void {
		const entry = this.#deps.directory.get(id)
		const known = this.#states.get(id)
		if (!entry) {
			this.#forget(id, known)
			return
		}
		const { hold } = desiredHolding(entry.account, entry.devices)
		this.#input(id, {
			type: 'configure',
			hold,
			accountVersion: entry.account.version,
			settings: this.#settingsOf(entry),
		})
	}

	close(): void {
		this.#closed = true
		this.#due.close()
	}

	#settingsOf(entry: DirectoryEntry) {
		const { upstream, identitySecret, leaseEpoch } = this.#deps
		return registrationSettings(entry.account, upstream.contactHostPort, identitySecret, leaseEpoch)
	}

	// A removed account's binding is removed with what the machine still knows; its credential is gone, so a
	// challenge ends the attempt and the binding runs out by itself.
	#forget(id: AccountId, known: Registration | undefined): void {
		if (!known?.settings) return
		this.#input(id, {
			type: 'configure',
			hold: false,
			accountVersion: known.accountVersion,
			settings: known.settings,
		})
		if (this.#states.get(id)?.phase === 'idle') this.#states.delete(id)
	}

	#input(id: AccountId, input: RegistrationInput): void {
		if (this.#closed) return
		const { clock } = this.#deps
		const before = this.#states.get(id) ?? initialRegistration(clock.now())
		const { state, effects } = stepRegistration(before, input, clock.now())
		this.#states.set(id, state)
		this.#due.set(id, state.dueAtMs)
		for (const effect of effects) this.#execute(id, effect)
	}

	#execute(id: AccountId, effect: RegistrationEffect): void {
		switch (effect.type) {
			case 'register':
				this.#register(id, effect).catch((error: unknown) => this.#failed(id, effect.attempt, error))
				return
			case 'status':
				this.#deps.reporter.report(id, this.#shown(id, effect.status))
				return
			case 'next-target':
				this.#targetsFailed.set(id, (this.#targetsFailed.get(id) ?? 0) + 1)
				return
			case 'next-generation':
				this.#startNextGeneration(id)
		}
	}

	async #register(id: AccountId, effect: RegisterEffect): Promise<void> {
		const { directory, upstream, credentials, endpoint } = this.#deps
		const entry = directory.get(id)
		if (!entry) throw new Error('the account is gone')
		const flow = await upstream.flowTo(
			upstreamTarget(entry.account, effect.redirectUri),
			this.#targetsFailed.get(id) ?? 0,
		)
		const request = this.#contactOver(flow, effect.request)
		for (const [name, value] of await credentials.answer(id, request, effect.answers)) {
			request.headers.append(name, value)
		}
		this.#watch(flow, id)
		endpoint.request(request, flow, {
			onResponse: (response) => this.#input(id, { type: 'response', attempt: effect.attempt, response }),
			onFailure: (cause) => this.#input(id, { type: 'failed', attempt: effect.attempt, cause }),
		})
	}

	#contactOver(flow: Flow, request: SipRequest): SipRequest {
		const { upstream } = this.#deps
		const contact = request.headers.get('Contact')
		if (contact === undefined || upstream.contactFor(flow) === upstream.contactHostPort) return request
		request.headers.set('Contact', contact.replace(`@${upstream.contactHostPort}`, `@${upstream.contactFor(flow)}`))
		return request
	}

	#failed(id: AccountId, attempt: number, error: unknown): void {
		const detail = error instanceof Error ? error.message : String(error)
		this.#deps.logger.debug({ accountId: id, error: detail }, 'REGISTER not sent')
		this.#input(id, { type: 'failed', attempt, cause: 'transport', detail })
	}

	#shown(id: AccountId, status: RegistrationStatus): RegistrationStatus {
		const entry = this.#deps.directory.get(id)
		if (!entry) return status
		const target = upstreamTarget(entry.account)
		const port = target.port === undefined ? '' : `:${target.port}`
		return { ...status, target: `${target.transport}:${target.host}${port}` }
	}

	#startNextGeneration(id: AccountId): void {
		this.#deps
			.nextGeneration(id)
			.then((registrationGeneration) => {
				const entry = this.#deps.directory.get(id)
				if (!entry) return
				this.#deps.directory.put({ ...entry, account: { ...entry.account, registrationGeneration } })
				this.configure(id)
			})
			.catch((error: unknown) => {
				this.#deps.logger.warn({ accountId: id, error: String(error) }, 'no new registration generation')
			})
	}

	// A binding over a connection ends with it: the server has no other way to us (RFC 5626).
	#watch(flow: Flow, id: AccountId): void {
		if (!isConnectionBound(flow)) return
		const known = this.#accountsOfFlow.get(flow)
		if (known) {
			known.add(id)
			return
		}
		this.#accountsOfFlow.set(flow, new Set([id]))
		flow.onClose((reason) => {
			const accounts = this.#accountsOfFlow.get(flow) ?? []
			this.#accountsOfFlow.delete(flow)
			if (this.#closed) return
			this.#deps.logger.info({ flow: formatAddress(flow.remote), reason }, 'connection to a SIP server ended')
			for (const account of accounts) this.#input(account, { type: 'flow-lost' })
		})
	}
}
