import {
	type CallDeps,
	CallJournal,
	CallRegistry,
	type CallRequestDeps,
	edgeHandlers,
	type InviteSourceCounts,
	OngoingInvites,
	ReferSubscriptions,
	upstreamHandlers,
} from '@vigil/call-control'
import {
	type AccountId,
	CallAdmission,
	type Device,
	type DeviceBinding,
	type DeviceId,
	type KeptSipCredential,
	PRODUCT,
	type PushLimits,
} from '@vigil/domain'
import { watchWallSteps } from '@vigil/runtime'
import { BRANCH_COOKIE } from '@vigil/sip'
import { PrerenderedTransactions, SipEndpoint } from '@vigil/sip-transport'
import { AccountDirectory } from './accounts/account-directory.ts'
import { AccountFeed } from './accounts/account-feed.ts'
import { AccountMoves, type FollowerInPlace } from './accounts/account-moves.ts'
import { CallGate } from './admission/call-gate.ts'
import { RecentRefusals } from './admission/recent-refusals.ts'
import { RefusalReporter } from './admission/refusal-reporter.ts'
import { AccountLimitsNow, DEFAULT_WORKER_LIMITS } from './admission/worker-limits.ts'
import { AccountTargets } from './calls/account-targets.ts'
import { CalledAccounts } from './calls/called-accounts.ts'
import { InviteSources } from './calls/invite-sources.ts'
import { OutgoingBounds } from './calls/outgoing/outgoing-bounds.ts'
import { upstreamPaths } from './calls/outgoing/upstream-paths.ts'
import { RulesOfTenants } from './calls/rules-of-tenants.ts'
import { EdgeDevices } from './edge/edge-devices.ts'
import { EdgeSide } from './edge/edge-side.ts'
import { ForegroundLeaseSweep } from './holding/foreground-lease-sweep.ts'
import { HoldingDriver } from './holding/holding-driver.ts'
import { DEFAULT_PACING } from './pacing/pacer.ts'
import { COLD, REFRESH } from './pacing/upstream-pace.ts'
import { ProbeCoordinator } from './probe/probe-coordinator.ts'
import { RandomPool } from './random-pool.ts'
import type { RegistrationWorker } from './registration-worker.ts'
import { AccountCredentials } from './registrations/account-credentials.ts'
import { Identities } from './registrations/identities.ts'
import { RegisterSender } from './registrations/register-sender.ts'
import { RegistrationDriver } from './registrations/registration-driver.ts'
import { type ReportedStatus, StatusReporter } from './registrations/status-reporter.ts'
import { refusedMessages } from './upstream/refused-messages.ts'
import { UpstreamSide } from './upstream/upstream-side.ts'
import type { WorkerConfig } from './worker-config.ts'
import type { WorkerDeps } from './worker-ports.ts'
import { subscribeWorker } from './worker-signals.ts'
import { added, type WorkerSnapshot } from './worker-snapshot.ts'

/** Within so long all accounts see to their bindings after the machine may have slept. */
const LOOK_WITHIN_MS = 10_000

const DRAIN_POLL_MS = 50

/** A device whose edge said nothing of an end is taken as attached for this long. */
const ATTACHED_AT_MOST_MS = 86_400_000

/**
 * Starts the registration worker: opens its sockets, loads its accounts, registers those that it should hold,
 * and takes calls. Throws when a socket cannot be opened or the accounts cannot be read.
 */
export async function startRegistrationWorker(deps: WorkerDeps, config: WorkerConfig): Promise<RegistrationWorker> {
	const worker = new Worker(deps, config)
	await worker.start()
	return worker
}

class Worker implements RegistrationWorker {
	readonly #deps: WorkerDeps
	readonly #config: WorkerConfig
	readonly #directory = new AccountDirectory()
	readonly #registry = new CallRegistry()
	readonly #limits: AccountLimitsNow
	readonly #admission: CallAdmission
	readonly #refusals: RefusalReporter
	readonly #gate: CallGate
	readonly #outgoing: OutgoingBounds
	readonly #upstream: UpstreamSide
	readonly #edge: EdgeSide
	readonly #upstreamEndpoint: SipEndpoint
	readonly #edgeEndpoint: SipEndpoint
	readonly #journal: CallJournal
	readonly #reporter: StatusReporter
	readonly #requests: PrerenderedTransactions
	readonly #holding: HoldingDriver
	readonly #foregroundLeaseSweep: ForegroundLeaseSweep
	readonly #registrations: RegistrationDriver
	readonly #moves: AccountMoves
	readonly #feed: AccountFeed
	readonly #probes: ProbeCoordinator
	readonly #calls: CallDeps
	readonly #targets: AccountTargets
	readonly #rules: RulesOfTenants
	readonly #sourceCounts: InviteSourceCounts = { unusual: 0, refused: 0 }
	#accepting = false
	#unsubscribe: (() => Promise<void>) | undefined
	#unwatch: (() => void) | undefined
	#endGaps: (() => void) | undefined
	#closed = false

	constructor(deps: WorkerDeps, config: WorkerConfig) {
		const { clock, logger, random, transport } = deps
		this.#deps = deps
		this.#config = config
		this.#rules = new RulesOfTenants(deps.tenantSettings, clock, logger)
		const limits = { ...DEFAULT_WORKER_LIMITS, ...config.limits }
		this.#limits = new AccountLimitsNow(limits, (id) => this.#rules.of(id).limits)
		this.#outgoing = new OutgoingBounds((line) => this.#limits.outgoing(line))
		this.#refusals = new RefusalReporter(deps.refusals, clock, logger)
		this.#admission = new CallAdmission(limits.process)
		this.#gate = this.#callGate()
		const { egress } = deps
		const endpoint = () => this.#upstreamEndpoint
		this.#upstream = new UpstreamSide(config, { egress, endpoint, random, transport, clock, logger })
		this.#edge = new EdgeSide(config, { ...transport, clock, logger })
		const requests: CallRequestDeps = {
			calls: () => this.#calls,
			targets: () => this.#targets,
			sourceCounts: this.#sourceCounts,
			accepting: () => this.#accepting,
			logger,
		}
		const branches = new RandomPool(random)
		const unique = () => branches.next()
		const branch = () => BRANCH_COOKIE + unique()
		const tag = () => random.token(9)
		this.#upstreamEndpoint = new SipEndpoint({
			channel: this.#upstream.manager,
			handlers: upstreamHandlers(requests),
			isKnown: ({ remote }) => this.#registrations.servers.isAt(remote.host),
			product: PRODUCT,
			sentBy: (flow) => this.#upstream.contactFor(flow),
			clock,
			logger,
			branch,
			tag,
		})
		this.#edgeEndpoint = new SipEndpoint({
			channel: this.#edge.manager,
			handlers: edgeHandlers(requests),
			sentBy: () => this.#edge.hostPort,
			clock,
			logger,
			branch,
			tag,
		})
		this.#journal = new CallJournal(deps.calls, clock, logger)
		const identities = new Identities(config.identitySecret)
		const credentials = new AccountCredentials(deps.accounts, this.#directory, identities, clock)
		this.#requests = new PrerenderedTransactions({
			responses: this.#upstream.manager,
			listener: {
				onResponse: (slot, response) => this.#registrations.onResponse(slot, response),
				onFailure: (slot, cause) => this.#registrations.onFailure(slot, cause),
				onRepeat: (slot) => this.#registrations.onRepeat(slot),
			},
			clock,
			logger,
			unique,
		})
		this.#reporter = new StatusReporter(deps.accounts, deps.signals, (slot) => this.#statusOf(slot), clock, logger)
		this.#holding = new HoldingDriver({
			clock,
			// Polls of servers that do not answer must not go before others.
			command: (slot, command) => this.#registrations.apply(slot, command, REFRESH),
			reload: (slot) => this.#reload(slot),
			profile: (slot) => this.#directory.profile(slot),
			report: (slot) => this.#reporter.report(slot),
		})
		this.#registrations = new RegistrationDriver({
			directory: this.#directory,
			identities,
			credentials,
			sender: new RegisterSender({
				directory: this.#directory,
				identities,
				credentials,
				requests: this.#requests,
				fencingToken: deps.fencingToken,
			}),
			holding: this.#holding,
			connector: this.#upstream,
			contactHostPort: () => this.#upstream.contactHostPort,
			report: (slot) => this.#reporter.report(slot),
			nextGeneration: (tenantId, id) => deps.accounts.nextGeneration(tenantId, id),
			pacing: { ...DEFAULT_PACING, ...config.pacing },
			unansweredAfterMs: config.unansweredAfterMs,
			clock,
			logger,
		})
		this.#targets = this.#accountTargets(credentials)
		const follower: FollowerInPlace = {
			admitted: (slot, entry) => this.#registrations.configure(slot, entry, COLD),
			changed: (slot, entry) => {
				this.#reporter.expect(slot)
				this.#registrations.configure(slot, entry)
			},
			removed: (slot, isSucceeded) => this.#registrations.remove(slot, isSucceeded),
		}
		this.#moves = new AccountMoves(follower, this.#registrations, this.#directory, clock)
		this.#feed = new AccountFeed(deps, this.#directory, this.#moves, clock, logger)
		const reload = (id: AccountId) => this.#feed.reload(id)
		const probed = { directory: this.#directory, registrations: this.#registrations }
		this.#probes = new ProbeCoordinator({ ...deps, ...probed, config, reload })
		this.#foregroundLeaseSweep = new ForegroundLeaseSweep({
			foregroundLeases: deps.foregroundLeases,
			clock,
			logger,
			reload,
		})
		this.#calls = {
			devices: new EdgeDevices({ endpoint: this.#edgeEndpoint, edge: this.#edge, directory: this.#directory, clock }),
			journal: this.#journal,
			registry: this.#registry,
			invites: new OngoingInvites(),
			subscriptions: new ReferSubscriptions(clock),
			enqueuePush: deps.enqueuePush,
			clock,
			logger,
			random,
			wakeWithinMs: config.wakeWithinMs,
			ringWithinMs: config.ringWithinMs,
		}
	}

	get upstreamPort(): number {
		return this.#upstream.port
	}

	get internalHostPort(): string {
		return this.#edge.hostPort
	}

	async start(): Promise<void> {
		await this.#upstream.open()
		this.#deps.egress.ownListener(await this.#edge.open())
		// Signals first: a change while the accounts are being read must not be missed.
		this.#unsubscribe = await subscribeWorker(this.#deps.signals, {
			accountChanged: (id) => this.#feed.reload(id),
			attached: (payload) => this.#attached(payload),
			detached: (deviceId, bindingId) => this.#detached(deviceId, bindingId),
			deviceChanged: (id) => this.#feed.reloadDevice(id),
			tenantChanged: () => this.#rules.refresh(),
			markUnreachableByPush: (callId, deviceId) => this.#registry.byId(callId)?.markUnreachableByPush(deviceId),
			declined: (callId, deviceId) => this.#registry.byId(callId)?.declined(deviceId),
		})
		this.#endGaps = this.#deps.signals.onGap?.(() => this.#feed.sweepNow())
		await this.#probes.open()
		await this.#rules.load()
		// Calls for those that are read already are taken meanwhile.
		this.#accepting = true
		this.#foregroundLeaseSweep.start(this.#config.sweepEveryMs)
		this.#unwatch = watchWallSteps(this.#deps.clock, (byMs) => this.#onWallStep(byMs))
		await this.#feed.load()
		this.#feed.startSweep(this.#config.sweepEveryMs)
		this.#rules.startSweep(this.#config.sweepEveryMs)
	}

	device(id: DeviceId): Device | undefined {
		return this.#directory.device(id)
	}

	keptCredential(id: DeviceId): KeptSipCredential | undefined {
		return this.#directory.keptCredential(id)
	}

	pushLimits(id: AccountId): PushLimits | undefined {
		const account = this.#directory.get(id)?.account
		if (!account) return undefined
		const limits = this.#limits.of(account)
		return { account: limits.account.pushesPerSecond, tenant: limits.tenant.pushesPerSecond }
	}

	snapshot(): WorkerSnapshot {
		return {
			accounts: this.#directory.size,
			registrations: Object.fromEntries(this.#registrations.countByState()),
			calls: this.#registry.size,
			outgoingCalls: this.#outgoing.size,
			heldCalls: this.#admission.held,
			refusedCalls: this.#refusals.counts.totals,
			inviteSources: { ...this.#sourceCounts },
			droppedRecords: this.#journal.dropped,
			upstreamSip: added(this.#upstreamEndpoint.counters, this.#requests.counters),
			upstreamMessages: refusedMessages(this.#upstream.manager.counters),
			engine: this.#registrations.snapshot(),
		}
	}

	isInCall(deviceId: DeviceId): boolean {
		return this.#registry.all().some((call) => call.concerns(deviceId))
	}

	async drain(deadlineMs: number): Promise<void> {
		this.#accepting = false
		const { clock } = this.#deps
		const until = clock.now() + deadlineMs
		while (this.#registry.all().some((call) => call.answered) && clock.now() < until) {
			await new Promise<void>((resolve) => clock.setTimer(DRAIN_POLL_MS, resolve))
		}
	}

	async close(): Promise<void> {
		if (this.#closed) return
		this.#closed = true
		this.#accepting = false
		await this.#probes.close()
		this.#feed.close()
		this.#rules.close()
		this.#moves.close()
		for (const call of this.#registry.all()) call.hangUp()
		this.#foregroundLeaseSweep.close()
		this.#unwatch?.()
		this.#holding.close()
		this.#registrations.close()
		this.#requests.close()
		this.#endGaps?.()
		await this.#unsubscribe?.()
		await Promise.all([this.#journal.close(), this.#reporter.flush(), this.#refusals.close()])
		await this.#edgeEndpoint.close()
		await this.#upstreamEndpoint.close()
		await this.#edge.close()
		await this.#upstream.close()
	}

	#attached(payload: Omit<DeviceBinding, 'expiresAtMs'>): void {
		const binding: DeviceBinding = { ...payload, expiresAtMs: payload.attachedAtMs + ATTACHED_AT_MOST_MS }
		this.#directory.attach(binding)
		for (const call of this.#registry.concerning(binding.deviceId)) call.attached(binding)
	}

	#detached(deviceId: DeviceId, bindingId: string): void {
		this.#directory.detach(deviceId, bindingId)
		for (const call of this.#registry.concerning(deviceId)) call.detached(deviceId, bindingId)
	}

	#callGate(): CallGate {
		const { clock, load = () => 'normal' } = this.#deps
		return new CallGate({
			admission: this.#admission,
			refusals: this.#refusals.counts,
			recent: new RecentRefusals(),
			limitsOf: (account) => this.#limits.of(account),
			limitsOfDevice: (account) => this.#limits.ofDevice(account),
			load,
			clock,
		})
	}

	#accountTargets(credentials: AccountCredentials): AccountTargets {
		const { servers, watch } = this.#registrations
		const sources = new InviteSources(servers, this.#rules)
		const called = new CalledAccounts(this.#directory, servers, this.#registry, sources)
		return new AccountTargets(this.#directory, called, {
			side: {
				endpoint: this.#upstreamEndpoint,
				upstream: this.#upstream,
				paths: upstreamPaths(this.#directory, this.#registrations, this.#upstream),
				credentials,
				random: this.#deps.random,
			},
			gate: this.#gate,
			bounds: this.#outgoing,
			hints: {
				pinged: (id) => watch.pinged(this.#directory.slotOf(id)),
				callWaits: (id) => watch.hurry(this.#directory.slotOf(id)),
			},
		})
	}

	/** Forwards, it may be time that this machine has slept through and SIP servers have not. */
	#onWallStep(byMs: number): void {
		this.#deps.logger.warn({ byMs: Math.round(byMs) }, 'the wall clock was set')
		if (byMs < 0) return
		for (let slot = 0; slot < this.#directory.span; slot++) this.#registrations.lookAgain(slot, LOOK_WITHIN_MS)
	}

	#reload(slot: number): void {
		const id = this.#directory.holds(slot) ? this.#directory.facts(slot)?.id : undefined
		if (id !== undefined) this.#feed.reload(id)
	}

	#statusOf(slot: number): ReportedStatus | undefined {
		// What a moved account has left behind says nothing of it.
		const facts = this.#directory.holds(slot) ? this.#directory.facts(slot) : undefined
		const status = this.#registrations.shown(slot)
		const tenantId = this.#directory.profile(slot)?.tenantId
		return facts && tenantId && status && [facts.id, { tenantId, status }]
	}
}
