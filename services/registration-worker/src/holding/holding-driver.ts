import {
	COMPANY_QUESTION,
	type Conflict,
	cameToRest,
	changeOf,
	conflictBeside,
	conflictOfCompany,
	conflictWords,
	type GivenOrder,
	type HoldingEffect,
	type HoldingInput,
	type HoldingOrder,
	listedBindings,
	modeUnder,
	type OwnContact,
	orderOf,
	type Registration,
	type RegistrationEffect,
	type RegistrationMode,
	type RegistrationStatus,
	stepHolding,
} from '@vigil/domain'
import { type Clock, fromWall } from '@vigil/runtime'
import type { ResponseView } from '@vigil/sip'
import type { DirectoryEntry } from '../accounts/account-directory.ts'
import { HoldingTable } from './holding-table.ts'
import { SlotTimers } from './slot-timers.ts'
import { holdingDevices, nextLeaseEndMs } from './statement.ts'

export interface HoldingDriverDeps {
	readonly clock: Clock
	/** Time has brought this about. */
	readonly order: (slot: number, order: HoldingOrder) => void
	/** Reads the account and its devices anew and states them again. */
	readonly reload: (slot: number) => void
	/** What is shown of that slot has changed. */
	readonly report: (slot: number) => void
}

/** A lease that has ended is read once more after this long, where the database did not answer. */
const LEASE_AGAIN_MS = 5000

/** Runs the holding machine of every account: what devices state, their leases, the registrar's answers, and time. */
export class HoldingDriver {
	readonly #deps: HoldingDriverDeps
	readonly #table = new HoldingTable()
	readonly #timers: SlotTimers
	readonly #leaseEnds = new Map<number, number>()
	readonly #hindrances = new Map<number, string>()
	readonly #conflicts = new Map<number, Conflict>()

	constructor(deps: HoldingDriverDeps) {
		this.#deps = deps
		this.#timers = new SlotTimers(deps.clock, (slot) => this.#onTime(slot))
	}

	/** Instants that are waited for: ends of leases and polls. */
	get timers(): number {
		return this.#timers.size
	}

	/** The account and its devices as they are now; `bound` says whether the service is bound. */
	state(slot: number, { account, devices }: DirectoryEntry, bound: boolean): HoldingOrder {
		const { clock } = this.#deps
		// Leases are instants of the database.
		const wallMs = clock.wall()
		const { registrationMode, pushEnabled } = account.attributes
		this.#adoptMode(slot, registrationMode)
		const stated = holdingDevices(devices, wallMs)
		const leaseEndMs = nextLeaseEndMs(devices, wallMs)
		if (leaseEndMs > 0) this.#leaseEnds.set(slot, fromWall(clock, leaseEndMs))
		else this.#leaseEnds.delete(slot)
		const { order } = this.#step(slot, {
			type: 'statement',
			mode: modeUnder(registrationMode, this.#conflicts.get(slot)),
			enabled: pushEnabled && !account.disabled,
			devices: stated,
		})
		const company = registrationMode === 0 && bound && order.wish === 'hold'
		if (!company || !stated.some((device) => device.foreground && device.registered)) return order
		return { ...order, question: COMPANY_QUESTION }
	}

	/** What the registration has come to, where that is of interest here; undefined where nothing new is to be done. */
	follow(slot: number, registration: Registration, effects: readonly RegistrationEffect[]): HoldingOrder | undefined {
		let order: HoldingOrder | undefined
		for (const effect of effects) order = this.#heard(slot, registration, effect) ?? order
		if (registration.phase === 'registered' && this.#conflicts.get(slot) === 'refused') this.#conflict(slot, undefined)
		if (!cameToRest(registration) || this.#table.phase(slot) !== 'releasing') return order
		return changeOf(this.#step(slot, { type: 'registration', state: registration.status.state }))
	}

	/** Whether `follow` has anything to hear of an input without effects of note. */
	watches(slot: number): boolean {
		return this.#table.phase(slot) === 'releasing' || (this.#conflicts.size > 0 && this.#conflicts.has(slot))
	}

	/** A 2xx that bound us. */
	bound(slot: number, response: ResponseView, own: OwnContact): void {
		const mode = this.#table.mode(slot)
		if (mode === 0 || mode === 2 || this.#conflicts.get(slot) === 'overwritten') return
		const seen = conflictBeside(mode, listedBindings(response, own))
		if (seen !== this.#conflicts.get(slot)) this.#conflict(slot, seen)
	}

	/** What is shown of the account beside its registration. */
	shown(slot: number): Pick<RegistrationStatus, 'holding' | 'hindrance'> {
		const holding = this.#table.phase(slot)
		if (holding === undefined) return {}
		const conflict = this.#conflicts.get(slot)
		const hindrance = this.#hindrances.get(slot) ?? (conflict && conflictWords(this.#mode(slot), conflict))
		return hindrance === undefined ? { holding } : { holding, hindrance }
	}

	/** Forgets the account. */
	clear(slot: number): void {
		this.#timers.clear(slot)
		this.#leaseEnds.delete(slot)
		this.#hindrances.delete(slot)
		this.#conflicts.delete(slot)
		this.#table.clear(slot)
	}

	close(): void {
		this.#timers.close()
	}

	#heard(slot: number, registration: Registration, effect: RegistrationEffect): HoldingOrder | undefined {
		switch (effect.type) {
			case 'bindings':
				if (effect.question !== COMPANY_QUESTION) return changeOf(this.#step(slot, effect))
				if (conflictOfCompany(effect, registration, this.#deps.clock.now())) this.#yield(slot)
				return undefined
			case 'no-bindings':
				return effect.question === COMPANY_QUESTION ? undefined : changeOf(this.#step(slot, effect))
			case 'refused-beside':
				this.#conflict(slot, 'refused')
				return undefined
			default:
				return undefined
		}
	}

	/** The device has overwritten our binding: ours is not put over the device's again. */
	#yield(slot: number): void {
		this.#conflict(slot, 'overwritten')
		this.#deps.reload(slot)
	}

	/** What was seen of the server under another mode says nothing of this one. */
	#adoptMode(slot: number, mode: RegistrationMode): void {
		if (this.#conflicts.has(slot) && this.#mode(slot) !== mode) this.#conflicts.delete(slot)
	}

	/** The mode that the account asks for, where the one that is acted by differs from it. */
	#mode(slot: number): RegistrationMode {
		return this.#conflicts.get(slot) === 'overwritten' ? 0 : this.#table.mode(slot)
	}

	#conflict(slot: number, conflict: Conflict | undefined): void {
		const before = this.#conflicts.get(slot)
		if (before === conflict) return
		if (conflict) this.#conflicts.set(slot, conflict)
		else this.#conflicts.delete(slot)
		this.#deps.report(slot)
	}

	#step(slot: number, input: HoldingInput): GivenOrder {
		const known = this.#table.has(slot)
		const before = this.#table.load(slot)
		const { state, effects } = stepHolding(before, input, this.#deps.clock.now())
		this.#table.save(slot, state)
		const hindered = this.#hinder(slot, effects)
		// In the other modes the registration changes with it, and that is reported.
		const moved = state.mode === 1 && state.phase !== before.phase
		if (known && (hindered || moved)) this.#deps.report(slot)
		this.#arm(slot)
		return orderOf(state.wish, effects)
	}

	/** True when what hinders has changed. */
	#hinder(slot: number, effects: readonly HoldingEffect[]): boolean {
		let changed = false
		for (const effect of effects) {
			if (effect.type !== 'hindrance' || this.#hindrances.get(slot) === effect.reason) continue
			changed = true
			if (effect.reason === undefined) this.#hindrances.delete(slot)
			else this.#hindrances.set(slot, effect.reason)
		}
		return changed
	}

	#arm(slot: number): void {
		const pollAtMs = this.#table.dueAtMs(slot)
		const leaseEndMs = this.#leaseEnds.get(slot) ?? 0
		if (pollAtMs > 0 && leaseEndMs > 0) this.#timers.set(slot, Math.min(pollAtMs, leaseEndMs))
		else if (pollAtMs > 0 || leaseEndMs > 0) this.#timers.set(slot, pollAtMs + leaseEndMs)
		else this.#timers.clear(slot)
	}

	#onTime(slot: number): void {
		const nowMs = this.#deps.clock.now()
		const leaseEndMs = this.#leaseEnds.get(slot) ?? 0
		const pollAtMs = this.#table.dueAtMs(slot)
		if (leaseEndMs > 0 && leaseEndMs <= nowMs) {
			// Prolonging it sends no signal: only the database knows whether it has ended.
			this.#leaseEnds.set(slot, nowMs + LEASE_AGAIN_MS)
			this.#deps.reload(slot)
		}
		const order = pollAtMs > 0 && pollAtMs <= nowMs ? changeOf(this.#step(slot, { type: 'due' })) : undefined
		this.#arm(slot)
		if (order) this.#deps.order(slot, order)
	}
}
