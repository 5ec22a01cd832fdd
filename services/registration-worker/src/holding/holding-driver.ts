import {
	COEXISTENCE_QUERY,
	type Conflict,
	cameToRest,
	changeOf,
	coexistenceConflict,
	commandOf,
	concurrentConflict,
	conflictWords,
	type DesiredBinding,
	type GivenCommand,
	type HoldingCommand,
	type HoldingEffect,
	type HoldingInput,
	hasOverwritten,
	listedBindings,
	modeUnder,
	type OwnContact,
	type Registration,
	type RegistrationEffect,
	type RegistrationMode,
	type RegistrationStatus,
	type SeenBindings,
	stepHolding,
} from '@vigil/domain'
import { type Clock, fromWall } from '@vigil/runtime'
import type { ResponseView } from '@vigil/sip'
import type { DirectoryEntry } from '../accounts/account-directory.ts'
import type { AccountProfile } from '../accounts/account-profiles.ts'
import { HoldingTable } from './holding-table.ts'
import { SlotTimers } from './slot-timers.ts'
import { holdingDevices, nextLeaseEndMs } from './statement.ts'
import { SwapMemory } from './swap-memory.ts'

export interface HoldingDriverDeps {
	readonly clock: Clock
	/** Time has brought this about. */
	readonly command: (slot: number, command: HoldingCommand) => void
	/** Reads the account and its devices anew and states them again. */
	readonly reload: (slot: number) => void
	/** What the account has in common with others of its server; undefined for one that is gone. */
	readonly profile: (slot: number) => AccountProfile | undefined
	/** What is shown of that slot has changed. */
	readonly report: (slot: number) => void
}

type Bindings = Extract<RegistrationEffect, { type: 'bindings' }>

/** A lease that has ended is read once more after this long, where the database did not answer. */
const LEASE_AGAIN_MS = 5000

/** Runs the holding machine of every account: what devices state, their leases, the registrar's answers, and time. */
export class HoldingDriver {
	readonly #deps: HoldingDriverDeps
	readonly #table = new HoldingTable()
	readonly #timers: SlotTimers
	readonly #swaps: SwapMemory
	readonly #leaseEnds = new Map<number, number>()
	readonly #blockingReasons = new Map<number, string>()
	readonly #conflicts = new Map<number, Conflict>()
	/** Mode 1: our contacts as registrars list them, where they rewrite them. */
	readonly #shownAs = new Map<number, string>()

	constructor(deps: HoldingDriverDeps) {
		this.#deps = deps
		this.#timers = new SlotTimers(deps.clock, (slot) => this.#onTime(slot))
		this.#swaps = new SwapMemory(deps.clock)
	}

	/** Instants that are waited for: ends of leases and polls. */
	get timers(): number {
		return this.#timers.size
	}

	/** The account and its devices as they are now; `bound` says whether the service is bound. */
	state(slot: number, { account, devices }: DirectoryEntry, bound: boolean): HoldingCommand {
		const { clock } = this.#deps
		// Leases are instants of the database.
		const wallMs = clock.wall()
		const { registrationMode, pushEnabled } = account.attributes
		this.#adoptMode(slot, registrationMode)
		const stated = holdingDevices(devices, wallMs)
		const leaseEndMs = nextLeaseEndMs(devices, wallMs)
		if (leaseEndMs > 0) this.#leaseEnds.set(slot, fromWall(clock, leaseEndMs))
		else this.#leaseEnds.delete(slot)
		const { command } = this.#step(slot, {
			type: 'statement',
			mode: modeUnder(registrationMode, this.#conflicts.get(slot)),
			enabled: pushEnabled && !account.disabled,
			devices: stated,
			registered: bound,
			swap: registrationMode === 1 ? this.#swaps.of(account) : 'unknown',
		})
		const coexists = registrationMode === 0 && bound && command.desired === 'hold' && this.#table.phase(slot) === 'away'
		if (!coexists || !stated.some((device) => device.foreground && device.registered)) return command
		return { ...command, query: COEXISTENCE_QUERY }
	}

	/** What the registration has come to, where that is of interest here; undefined where nothing new is to be done. */
	follow(slot: number, registration: Registration, effects: readonly RegistrationEffect[]): HoldingCommand | undefined {
		// What is bound later than at once says nothing of the device's binding, which may have ended by itself.
		if (registration.phase === 'backing-off' && this.#table.checksCoexistence(slot)) {
			this.#step(slot, { type: 'listed', ours: false, others: 0 })
		}
		let command: HoldingCommand | undefined
		for (const effect of effects) command = this.#heard(slot, registration, effect) ?? command
		if (registration.phase === 'registered' && this.#conflicts.get(slot) === 'refused') this.#conflict(slot, undefined)
		// What is offered may be taken only now that no REGISTER of ours is on its way.
		if (registration.phase === 'registered' && !registration.inFlight && this.#table.phase(slot) === 'offering') {
			this.#deps.report(slot)
		}
		// What is commanded now is not done yet.
		if (command || !cameToRest(registration) || !this.#awaitsRest(slot)) return command
		const mayBeBound = registration.boundUntilMs > this.#deps.clock.now()
		return changeOf(this.#step(slot, { type: 'registration', state: registration.status.state, mayBeBound }))
	}

	/** Whether `follow` has anything to hear of an input without effects of note. */
	watches(slot: number): boolean {
		return this.#awaitsRest(slot) || (this.#conflicts.size > 0 && this.#conflicts.has(slot))
	}

	/** The account is being removed, or succeeded in another slot: what is to become of its binding. Nothing else is kept of it. */
	leave(slot: number, isSucceeded: boolean): DesiredBinding {
		// Takeover: whoever comes after has the binding, without a moment between.
		const isTakenOver = isSucceeded && this.#mode(slot) === 3
		const desired = isTakenOver ? 'abandon' : this.#step(slot, { type: 'removed' }).command.desired
		this.clear(slot)
		return desired
	}

	/** A 2xx that bound us. */
	bound(slot: number, response: ResponseView, own: OwnContact): void {
		if (this.#table.checksCoexistence(slot)) this.#checkCoexistence(slot, listedBindings(response, own))
		const mode = this.#table.mode(slot)
		if (mode === 0 || mode === 2 || this.#conflicts.get(slot) === 'overwritten') return
		const listed = listedBindings(response, own)
		if (mode === 1) this.#show(slot, listed.shownAs)
		const seen = concurrentConflict(mode, listed)
		if (seen !== this.#conflicts.get(slot)) this.#conflict(slot, seen)
	}

	/** What is shown of the account beside its registration. */
	shown(slot: number): Pick<RegistrationStatus, 'holding' | 'blockingReason' | 'swaps'> {
		const holding = this.#table.phase(slot)
		if (holding === undefined) return {}
		return { holding, ...this.#shownBlockingReason(slot), ...this.#shownSwaps(slot) }
	}

	/** Our contact as the registrar lists it; undefined where that is as we have sent it. */
	shownAs(slot: number): string | undefined {
		return this.#shownAs.get(slot)
	}

	#show(slot: number, shownAs: string | undefined): void {
		if (shownAs !== undefined) this.#shownAs.set(slot, shownAs)
		else if (this.#shownAs.size > 0) this.#shownAs.delete(slot)
	}

	#shownBlockingReason(slot: number): Pick<RegistrationStatus, 'blockingReason'> {
		const conflict = this.#conflicts.get(slot)
		const blockingReason = this.#blockingReasons.get(slot) ?? (conflict && conflictWords(this.#mode(slot), conflict))
		return blockingReason === undefined ? {} : { blockingReason }
	}

	#shownSwaps(slot: number): Pick<RegistrationStatus, 'swaps'> {
		if (this.#table.mode(slot) !== 1) return {}
		const profile = this.#deps.profile(slot)
		return profile !== undefined && this.#swaps.of(profile) === 'works' ? { swaps: true } : {}
	}

	/** Whether it is of interest here when the registration comes to rest. */
	#awaitsRest(slot: number): boolean {
		const phase = this.#table.phase(slot)
		return phase === 'releasing' || phase === 'offering'
	}

	/** Mode 0, or mode 3 in its place: the first list since a device came or went. */
	#checkCoexistence(slot: number, listed: SeenBindings): void {
		const conflict = this.#conflicts.get(slot)
		const isMode0 = this.#mode(slot) === 0 && this.#table.has(slot)
		if (!isMode0) return
		const overwritten = hasOverwritten(listed, this.#table.load(slot))
		this.#step(slot, { type: 'listed', ...listed })
		if (overwritten) this.#conflict(slot, 'overwritten')
		else if (conflict === 'overwritten' && listed.ours && listed.others > 0) this.#conflict(slot, undefined)
	}

	/** Forgets the account. */
	clear(slot: number): void {
		this.#timers.clear(slot)
		this.#leaseEnds.delete(slot)
		this.#blockingReasons.delete(slot)
		this.#conflicts.delete(slot)
		this.#shownAs.delete(slot)
		this.#table.clear(slot)
	}

	close(): void {
		this.#timers.close()
	}

	#heard(slot: number, registration: Registration, effect: RegistrationEffect): HoldingCommand | undefined {
		switch (effect.type) {
			case 'bindings':
				return this.#listed(slot, registration, effect)
			case 'swapped':
				return changeOf(this.#step(slot, effect))
			case 'no-bindings':
				return effect.query === COEXISTENCE_QUERY ? undefined : changeOf(this.#step(slot, effect))
			case 'rejected-concurrent':
				this.#conflict(slot, 'refused')
				return undefined
			default:
				return undefined
		}
	}

	/** In mode 0 the list tells too whether the server keeps both, or a device's in place of ours. */
	#listed(slot: number, registration: Registration, effect: Bindings): HoldingCommand | undefined {
		// Others ask as well.
		if (effect.query < 0 && effect.query !== COEXISTENCE_QUERY) return undefined
		const isLook = this.#table.mode(slot) === 0
		const yields = isLook && coexistenceConflict(effect, registration, this.#deps.clock.now()) !== undefined
		if (isLook) this.#step(slot, { type: 'listed', ours: effect.ours, others: effect.others })
		const command = effect.query === COEXISTENCE_QUERY ? undefined : changeOf(this.#step(slot, effect))
		if (yields) this.#yield(slot)
		return command
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

	#step(slot: number, input: HoldingInput): GivenCommand {
		const known = this.#table.has(slot)
		const before = this.#table.load(slot)
		const { state, effects } = stepHolding(before, input, this.#deps.clock.now())
		this.#table.save(slot, state)
		const blocked = this.#block(slot, effects)
		this.#learn(slot, effects)
		const moved = state.phase !== before.phase
		if (known && (blocked || moved)) this.#deps.report(slot)
		this.#arm(slot)
		return commandOf(state.desired, effects)
	}

	#learn(slot: number, effects: readonly HoldingEffect[]): void {
		for (const effect of effects) {
			const profile = effect.type === 'swap' ? this.#deps.profile(slot) : undefined
			if (effect.type === 'swap' && profile) this.#swaps.learn(profile, effect.evidence)
		}
	}

	/** True when the blocking reason has changed. */
	#block(slot: number, effects: readonly HoldingEffect[]): boolean {
		let changed = false
		for (const effect of effects) {
			if (effect.type !== 'blocking-reason' || this.#blockingReasons.get(slot) === effect.reason) continue
			changed = true
			if (effect.reason === undefined) this.#blockingReasons.delete(slot)
			else this.#blockingReasons.set(slot, effect.reason)
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
		const command = pollAtMs > 0 && pollAtMs <= nowMs ? changeOf(this.#step(slot, { type: 'due' })) : undefined
		this.#arm(slot)
		if (command) this.#deps.command(slot, command)
	}
}
