import {
	type HoldingCommand,
	knownAs,
	type Registration,
	type RegistrationEffect,
	type RegistrationInput,
	type RegistrationPath,
	type RegistrationSettings,
	type RegistrationState,
	stepRegistration,
} from '@vigil/domain'
import { TimerWheel } from '@vigil/runtime'
import type { ResponseView } from '@vigil/sip'
import type { DirectoryEntry } from '../accounts/account-directory.ts'
import { Pacer } from '../pacing/pacer.ts'
import { REFRESH, type UpstreamPace, URGENT, type Urgency } from '../pacing/upstream-pace.ts'
import { toldReason } from '../upstream/told-reason.ts'
import type { UpstreamPath } from '../upstream/upstream.ts'
import { Upstreams } from '../upstream/upstreams.ts'
import { AccountServers } from './account-servers.ts'
import { AimedTurns } from './aimed-turns.ts'
import { type EngineSnapshot, engineSnapshot } from './engine-snapshot.ts'
import { EvenFailures } from './even-failures.ts'
import { type InFlightRegister, InFlightRegisters, newTurn } from './in-flight-registers.ts'
import { startNextGeneration } from './next-generation.ts'
import { PendingRemovals } from './pending-removals.ts'
import { PreemptiveAuthorization } from './preemptive-authorization.ts'
import type { RegisterEffect } from './register-sender.ts'
import { RegistrationCounters } from './registration-counters.ts'
import type { RegistrationDriverDeps } from './registration-driver-deps.ts'
import { registrationSettings } from './registration-settings.ts'
import { RegistrationTable } from './registration-table.ts'
import { SeenAuthentications } from './seen-authentications.ts'
import { ServerFlows } from './server-flows.ts'
import { type FailedInput, failedInput, judgeFailure, judgeResponse } from './server-judgement.ts'
import { ServerWatch } from './server-watch.ts'
import type { Offer } from './shared-challenges.ts'
import { shownRegistration } from './shown-registration.ts'
import { succeedRegistration } from './succeeding.ts'
import { TargetFailover } from './target-failover.ts'
import { messageOf, NO_SERVER, Unsendable } from './unsendable.ts'

/** What falls due together is sent together and answered together: the process wakes once for many. */
const TICK_MS = 80

/** Runs every account's registration machine: a row of the table, an entry of the wheel. A runner for each would cost more (ADR 26). */
export class RegistrationDriver {
	readonly counters = new RegistrationCounters()
	/** The SIP servers that accounts are registered at. */
	readonly servers: AccountServers
	/** What goes to servers that have accepted nothing. */
	readonly aims: AimedTurns
	/** To be told what is seen of the servers elsewhere. */
	readonly watch: ServerWatch
	readonly #deps: RegistrationDriverDeps
	readonly #table = new RegistrationTable()
	readonly #wheel: TimerWheel
	readonly #pacer: Pacer
	readonly #flows: ServerFlows
	readonly #seen: SeenAuthentications
	readonly #inFlight = new InFlightRegisters()
	readonly #removals = new PendingRemovals()
	readonly #failover: TargetFailover
	readonly #even: EvenFailures
	readonly #preemptive: PreemptiveAuthorization
	/** The slot whose turn is just beginning. */
	#beginning = -1
	#closed = false

	constructor(deps: RegistrationDriverDeps) {
		this.#deps = deps
		this.#failover = new TargetFailover(deps.clock)
		this.#even = new EvenFailures(deps.clock, deps.report, deps.unansweredAfterMs)
		this.#preemptive = new PreemptiveAuthorization(deps.directory, this.#table, deps.clock)
		this.#pacer = new Pacer(deps.clock, deps.pacing, (...turn) => this.#begin(...turn))
		const upstreams = new Upstreams(deps.clock, deps.connector, () => this.#pacer.upstream())
		this.servers = new AccountServers(deps, upstreams, this.#failover)
		this.aims = new AimedTurns(deps, this.servers, this.#failover, (slot, urgency) => this.#line(slot, urgency))
		this.#seen = new SeenAuthentications(deps)
		const onDue = (slot: number, lateMs: number) => {
			this.counters.served(lateMs, deps.clock.now())
			this.#line(slot, REFRESH)
		}
		this.#wheel = new TimerWheel(deps.clock, onDue, TICK_MS)
		this.#flows = new ServerFlows({
			...deps,
			isBehindNat: (slot) => deps.sender.isBehindNat(slot),
			onLost: (slot, flow, afterMs, spreadMs) => {
				const contactUri = deps.sender.contactOver(slot, flow)
				this.#input(slot, { type: 'flow-lost', afterMs, spreadMs, contactUri })
			},
			onEnd: (flow) => this.watch.connectionEnded(flow),
		})
		this.watch = new ServerWatch({
			...deps,
			table: this.#table,
			isInFlight: (slot) => this.#inFlight.get(slot) !== undefined,
			step: (slot, input, urgency) => this.#input(slot, input, urgency),
		})
	}

	/** Accounts by visible state, for metrics. */
	countByState(): Map<RegistrationState, number> {
		return this.#table.countByState()
	}

	snapshot(): EngineSnapshot {
		return engineSnapshot(this.#wheel, this.#pacer, this.aims, this.#seen, this.counters, this.#deps.clock.now())
	}

	/** The visible state with the target, for the status that is written. */
	shown(slot: number) {
		const parts = { table: this.#table, servers: this.servers, even: this.#even, seen: this.#seen }
		return shownRegistration(slot, { ...this.#deps, ...parts })
	}

	/** Service-Route and outbound support that the registrar last told for the account. */
	path(slot: number): RegistrationPath {
		return this.#table.path(slot)
	}

	/** An account that is registered sees to it that it still is, within that time or as fast as the pacer allows. */
	lookAgain(slot: number, withinMs: number): void {
		if (this.#table.isRegistered(slot)) this.#input(slot, { type: 'flow-lost', spreadMs: withinMs })
	}

	/** Follows what the directory now says of the account. */
	configure(slot: number, entry: DirectoryEntry, urgency: Urgency = URGENT): void {
		const { identities, credentials, contactHostPort, holding } = this.#deps
		const { account } = entry
		if (this.#closed) return
		if (this.#table.generation(slot) !== account.registrationGeneration || !this.#table.has(slot)) {
			identities.set(slot, account.id, account.registrationGeneration)
		}
		this.#seen.follow(slot, account, this.servers.of(slot)?.name)
		const settings = registrationSettings(account, contactHostPort(), identities.phase(slot))
		const command = holding.state(slot, entry, this.#table.isRegistered(slot))
		const lasting = command.desired === 'hold' || command.certain || command.query !== 0
		// To unregister, the old key must do: with push the stored credential goes.
		if (lasting && this.#table.has(slot) && this.#table.revision(slot) !== settings.revision) credentials.forget(slot)
		const news = urgency === URGENT && account.version > this.#table.accountVersion(slot)
		this.#configure(slot, command, settings, account.version, urgency)
		if (news) this.watch.hurry(slot)
	}

	/** What the holding of a configured account has come to. */
	apply(slot: number, command: HoldingCommand, urgency: Urgency = URGENT): void {
		const { expiresSeconds, spread, revision, generation, accountVersion } = this.#table.load(slot, 0)
		this.#configure(slot, command, { expiresSeconds, phase: spread, revision, generation }, accountVersion, urgency)
	}

	/**
	 * Lets go of an account that `directory.remove` has hidden; its slot is released when its binding is gone. Where it is
	 * succeeded, the account goes on in another slot.
	 */
	remove(slot: number, isSucceeded = false): void {
		if (!this.#table.has(slot)) return void this.#leave(slot)
		this.#removals.begin(slot)
		const desired = this.#deps.holding.leave(slot, isSucceeded)
		this.apply(slot, { desired, certain: false, query: 0 }, REFRESH)
	}

	/** Calls back when nothing is bound any more for a removed account, at once where nothing was. */
	whenGone(slot: number, fn: () => void): void {
		this.#removals.whenGone(slot, fn)
	}

	/** One account moves to another slot: late requests of the old one must not pass for newer (RFC 3261 10.3 step 7). */
	succeed(from: number, to: number): void {
		succeedRegistration(from, to, this.#table, this.#seen, this.#deps)
	}

	/** The answer to the REGISTER of that slot. */
	onResponse(slot: number, response: ResponseView): void {
		const turn = this.#inFlight.get(slot)
		if (!turn || this.#closed || response.status < 200) return
		const now = this.#deps.clock.now()
		judgeResponse(turn, response, this.counters, now, this.#deps.logger)
		const { own, path, attempt, aim } = turn
		const hasBegunAnew = this.watch.hasBegunAnew(slot, turn, response)
		const input: RegistrationInput = { type: 'response', attempt, response, own }
		const rejectedPreemptive = this.#preemptive.refused(slot, turn, response.status)
		this.#input(slot, rejectedPreemptive ? { type: 'rejected-preemptive', attempt } : input, REFRESH, now)
		this.watch.responded(slot, turn, response.status, hasBegunAnew)
		if (response.status < 300) this.aims.accepted(slot, aim, path?.address, now)
		if (response.status >= 300 || !this.#table.isRegistered(slot)) return
		this.watch.accepted(slot, turn, now)
		this.#preemptive.accepted(slot, turn, response)
		if (path) this.#flows.accepted(path.flow, response)
		this.#deps.holding.bound(slot, response, knownAs(own, this.#table.alias(slot)))
	}

	/** There will be no answer to the REGISTER of that slot. */
	onFailure(slot: number, cause: 'timeout' | 'transport'): void {
		const turn = this.#inFlight.get(slot)
		if (!turn || this.#closed) return
		this.#failed(slot, turn, judgeFailure(turn, cause, this.#table.failures(slot), this.#deps.clock.now()))
	}

	/** A copy of the REGISTER of that slot had to be sent. */
	onRepeat(slot: number): void {
		this.#inFlight.get(slot)?.pace?.late(this.#deps.clock.now())
	}

	close(): void {
		this.#closed = true
		this.watch.close()
		this.#wheel.close()
		this.#even.close()
		this.#pacer.close()
		this.aims.close()
	}

	/** The account's turn: true when it is on its way then. */
	#begin(slot: number, pace: UpstreamPace | undefined, nowMs: number, urgency: Urgency): boolean {
		if (this.#closed || this.#table.inFlight(slot)) return false
		const aim = this.aims.begin(slot, urgency, nowMs)
		if (aim === 'parked') return false
		const turn = newTurn(pace, nowMs, aim)
		const offered = this.#preemptive.offer(slot, turn, nowMs)
		this.#inFlight.set(slot, turn)
		this.#beginning = slot
		if (offered) this.#beginPreemptively(slot, turn, offered)
		else this.#input(slot, { type: 'due' }, REFRESH, nowMs)
		this.#beginning = -1
		return this.#inFlight.get(slot) !== undefined
	}

	/** With an answer to what the server has asked of others, where the account's credential gives one. */
	#beginPreemptively(slot: number, turn: InFlightRegister, challenges: Offer): void {
		this.#deps.sender.tried(slot, challenges, (canAnswer) => {
			if (this.#inFlight.get(slot) !== turn || this.#table.inFlight(slot)) return
			if (canAnswer) turn.preemptive = challenges
			this.#input(slot, canAnswer ? { type: 'due', challenges } : { type: 'due' })
		})
	}

	#input(slot: number, input: RegistrationInput, urgency: Urgency = REFRESH, now = this.#deps.clock.now()): void {
		if (this.#closed) return
		const { state, effects } = stepRegistration(this.#table.load(slot, now), input, now)
		this.#table.save(slot, state)
		for (const effect of effects) this.#execute(slot, effect, now)
		this.#follow(slot, state, now, urgency)
		const { holding } = this.#deps
		if (effects.length === 0 && !holding.watches(slot)) return
		const command = holding.follow(slot, state, effects)
		if (command) this.apply(slot, command)
	}

	#configure(
		slot: number,
		{ query, ...desired }: HoldingCommand,
		settings: RegistrationSettings,
		accountVersion: number,
		urgency: Urgency,
	): void {
		this.#input(slot, { type: 'configure', ...desired, accountVersion, settings, paced: true }, urgency)
		if (query !== 0) this.#input(slot, { type: 'query-bindings', query, paced: true }, urgency)
	}

	/** What comes after an input: a turn ends, a timer is set, a removed account goes. */
	#follow(slot: number, state: Registration, nowMs: number, urgency: Urgency): void {
		if (state.inFlight) {
			this.#wheel.clear(slot)
			return
		}
		const turn = this.#inFlight.get(slot)
		if (turn) {
			this.#inFlight.delete(slot)
			this.aims.ended(turn)
			if (this.#beginning !== slot && turn.pace) this.#pacer.done(turn.pace)
		}
		if (state.query !== 0) this.#line(slot, urgency)
		else if (state.dueAtMs === undefined) this.#rest(slot, state)
		else if (state.dueAtMs > nowMs) this.#wheel.set(slot, state.dueAtMs)
		else this.#line(slot, urgency)
	}

	#rest(slot: number, state: Registration): void {
		this.#wheel.clear(slot)
		this.#pacer.withdraw(slot)
		this.aims.withdraw(slot)
		if (state.phase !== 'registered') this.#flows.unbind(slot)
		if (state.phase !== 'idle') return
		this.watch.forget(slot)
		this.#deps.credentials.forget(slot)
		if (this.#removals.has(slot)) this.#leave(slot)
	}

	#leave(slot: number): void {
		const tell = this.#removals.end(slot)
		this.#table.clear(slot)
		this.aims.release(slot)
		this.#seen.forget(slot)
		this.#failover.forget(slot)
		this.#even.forget(slot)
		this.#deps.directory.release(slot)
		tell()
	}

	/** Puts the account in line for its turn. */
	#line(slot: number, urgency: Urgency): void {
		const upstream = this.servers.of(slot)
		if (upstream) this.#pacer.request(slot, upstream.pace, urgency)
		// Without a target the turn ends at once, in the failure that says why.
		else this.#begin(slot, undefined, this.#deps.clock.now(), urgency)
	}

	#execute(slot: number, effect: RegistrationEffect, nowMs: number): void {
		switch (effect.type) {
			case 'register':
				this.#register(slot, effect, nowMs)
				return
			case 'status':
				if (this.#even.mayTell(slot, effect.status, this.#inFlight.get(slot))) this.#deps.report(slot)
				return
			case 'next-target':
				this.#failover.next(slot)
				return
			case 'next-generation':
				startNextGeneration(slot, this.#deps, {
					configure: (at, entry) => this.configure(at, entry, REFRESH),
					gone: () => this.#leave(slot),
				})
				return
			case 'bindings':
			case 'no-bindings':
				this.watch.told(slot, effect)
			// Others are for the holding.
		}
	}

	/** Sends at once where all is at hand, as it is for a refresh; otherwise when it is. */
	#register(slot: number, effect: RegisterEffect, nowMs: number): void {
		const turn = this.#inFlight.get(slot)
		if (!turn) throw new Error('a REGISTER out of turn')
		const upstream = this.servers.target(slot, effect.redirectUri)
		if (turn.attempt !== 0 && upstream) this.#pacer.followed(upstream.pace, nowMs)
		turn.attempt = effect.attempt
		turn.upstream = upstream
		turn.redirected ||= effect.redirectUri !== undefined
		turn.path = undefined
		if (effect.redirectUri !== undefined) this.aims.redirected(turn)
		else this.#seen.answered(slot, effect.answers, turn, this.#table.isRegistered(slot))
		const path = turn.upstream?.path(this.servers.lane(slot), this.#failover.of(slot), nowMs)
		if (path && this.#deps.sender.canAnswer(slot, effect.answers)) {
			this.#send(slot, turn, effect, path, nowMs)
			return
		}
		this.#prepare(slot, turn, effect).catch((error: unknown) => this.#unsent(slot, effect.attempt, error))
	}

	async #prepare(slot: number, turn: InFlightRegister, effect: RegisterEffect): Promise<void> {
		const { sender, clock } = this.#deps
		const { upstream } = turn
		const [lane, skip] = [this.servers.lane(slot), this.#failover.of(slot)]
		if (!upstream) throw new Unsendable(NO_SERVER)
		if (!sender.canAnswer(slot, effect.answers)) {
			await sender.prepare(slot, effect.answers).catch((error: unknown) => {
				throw new Unsendable(messageOf(error))
			})
		}
		const path = upstream.path(lane, skip, clock.now()) ?? (await upstream.open(lane, skip))
		if (this.#inFlight.get(slot) !== turn || turn.attempt !== effect.attempt) return
		this.#send(slot, turn, effect, path, clock.now())
	}

	#send(slot: number, turn: InFlightRegister, effect: RegisterEffect, path: UpstreamPath, nowMs: number): void {
		turn.path = path
		turn.sentAtMs = nowMs
		this.aims.sent(turn, nowMs)
		this.counters.sent++
		try {
			turn.own = this.#deps.sender.send(slot, effect, path)
		} catch (error) {
			queueMicrotask(() => this.#unsent(slot, effect.attempt, new Unsendable(messageOf(error))))
			return
		}
		this.#flows.sent(slot, path.flow)
	}

	/** The REGISTER never left. */
	#unsent(slot: number, attempt: number, error: unknown): void {
		const turn = this.#inFlight.get(slot)
		if (!turn || turn.attempt !== attempt) return
		this.#deps.logger.debug({ slot, error: messageOf(error) }, 'REGISTER not sent')
		if (error instanceof Unsendable) this.#failed(slot, turn, 'local', messageOf(error))
		else this.#failed(slot, turn, 'transport', toldReason(error))
	}

	#failed(slot: number, turn: InFlightRegister, cause: FailedInput['cause'], detail?: string): void {
		this.counters.failed.add(cause, turn.upstream?.name)
		if (cause !== 'local') this.watch.failed(slot, turn)
		this.#input(slot, failedInput(turn, cause, this.#table.failures(slot), detail))
	}
}
