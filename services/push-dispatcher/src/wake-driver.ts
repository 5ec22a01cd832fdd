import type { PushJob } from '@vigil/contracts'
import {
	type Device,
	type DeviceId,
	judgeOutcome,
	type PushAttempt,
	type PushOutcome,
	type PushToken,
	startWake,
	stepWake,
	type TenantId,
	type WakeEffect,
	type WakeInput,
	type WakeResult,
	type WakeState,
} from '@vigil/domain'
import { fromWall, type Logger, type MachineDriver, MachineRunner } from '@vigil/runtime'
import type { PushDispatcherDeps } from './deps.ts'
import type { DispatcherMetrics } from './dispatcher-metrics.ts'
import type { OpenedPushApp, PushAppCache } from './push-app-cache.ts'
import type { PushAppHealthNotes } from './push-app-health-notes.ts'
import type { Attempt, PushEvidence } from './push-evidence.ts'
import type { TokenNotes } from './token-notes.ts'

export interface WakeDriverContext {
	readonly deps: PushDispatcherDeps
	readonly apps: PushAppCache
	readonly evidence: PushEvidence
	readonly notes: TokenNotes
	readonly health: PushAppHealthNotes
	readonly metrics: DispatcherMetrics
	/** Work that no push waits for, but that a drain lets end; it does not fail. */
	background(work: Promise<void>): void
	/** The run is over. */
	onFinished(result: WakeResult): void
}

/** Carries out the wake strategy for one job. Nothing between the job and the provider waits for a write. */
export class WakeDriver {
	readonly job: PushJob
	readonly #context: WakeDriverContext
	readonly #logger: Logger
	readonly #driver: MachineDriver<WakeState, WakeInput, WakeEffect>
	#machine: MachineRunner<WakeState, WakeInput, WakeEffect> | undefined
	/** The device was not read from the store but from memory, which may be behind. */
	#fromMemory = false
	/** Tokens that were pushed to as memory had them. */
	readonly #tried = new Set<string>()

	constructor(job: PushJob, context: WakeDriverContext) {
		this.job = job
		this.#context = context
		const { pushId, deviceId, intent } = job
		const logger = context.deps.logger.child({ pushId, deviceId, intent })
		this.#logger = logger
		this.#driver = {
			clock: context.deps.clock,
			step: stepWake,
			execute: (effect) => this.#execute(effect),
			failed: (error) => logger.error({ err: error }, 'a wake could not go on'),
		}
	}

	start(): void {
		const { intent, deadlineMs } = this.job
		const { clock } = this.#context.deps
		const { state, effects } = startWake({ intent, deadlineMs: fromWall(clock, deadlineMs) }, clock.now())
		this.#machine = new MachineRunner(this.#driver, state)
		this.#machine.begin(effects)
	}

	input(input: WakeInput): void {
		this.#machine?.input(input)
	}

	#execute(effect: WakeEffect): void {
		switch (effect.type) {
			case 'look-up':
				void this.#lookUp()
				break
			case 'send':
				void this.#send(effect.token, effect.attempt)
				break
			case 'retire':
				this.#context.background(this.#retire(effect.token, effect.reason, effect.notAfterMs))
				break
			case 'finish':
				if (this.#mayBeBehind(effect.result)) this.#lookAgain()
				else this.#finish(effect.result)
				break
		}
	}

	async #lookUp(): Promise<void> {
		const known = this.#tried.size === 0 ? this.#context.deps.knownDevice?.(this.job.deviceId as DeviceId) : undefined
		if (known?.tenantId === this.job.tenantId) {
			this.#fromMemory = true
			this.input({ type: 'found', device: known })
			return
		}
		try {
			const device = await this.#context.deps.devices.find(this.#tenantId, this.job.deviceId as DeviceId)
			this.input({ type: 'found', device: device && this.#untried(device) })
		} catch (error) {
			this.#logger.warn({ error: String(error) }, 'device not read')
			this.input({ type: 'look-up-failed' })
		}
	}

	#untried(device: Device): Device {
		const pushTokens = device.pushTokens.filter(({ token }) => !this.#tried.has(token))
		return { ...device, pushTokens }
	}

	/** No token that memory has can wake the device: the store may have one that was handed in since. */
	#mayBeBehind({ kind, outcome }: WakeResult): boolean {
		return this.#fromMemory && (kind === 'no-token' || (kind === 'refused' && outcome?.kind === 'dead-token'))
	}

	#lookAgain(): void {
		this.#fromMemory = false
		this.#tried.add('')
		this.start()
	}

	async #send(token: PushToken, number: number): Promise<void> {
		this.#tried.add(token.token)
		const opened = await this.#open(token)
		const app = 'app' in opened ? opened.app : undefined
		const attempt: Attempt = { number, token, app }
		const outcome = 'app' in opened ? await this.#request(opened, attempt) : opened
		this.#context.evidence.answered(attempt, outcome, this.#wall())
		if (outcome.kind !== 'accepted') this.#logger.info({ attempt: number, ...outcome }, 'push not accepted')
		this.input({ type: 'outcome', outcome })
	}

	/** The token's push app, or the outcome when there is none to be had. */
	async #open(token: PushToken): Promise<OpenedPushApp | PushOutcome> {
		try {
			const opened = await this.#context.apps.get(this.#tenantId, token.pushAppId)
			return opened ?? { kind: 'misconfigured', reason: 'the push app does not exist' }
		} catch (error) {
			this.#logger.warn({ error: String(error), pushAppId: token.pushAppId }, 'push app not opened')
			return { kind: 'retry', reason: 'the push app could not be opened' }
		}
	}

	async #request({ app, credential }: OpenedPushApp, attempt: Attempt): Promise<PushOutcome> {
		const { evidence, health, metrics } = this.#context
		const { provider } = app.settings
		const { clock } = this.#context.deps
		const [sentAtMs, askedAtMs] = [clock.wall(), clock.now()]
		const pending = this.#ask({ app, credential }, attempt.token)
		evidence.sent(attempt, sentAtMs)
		metrics.sent(this.job, attempt.number, sentAtMs)
		const outcome = judgeOutcome(await pending, this.#context.notes.wasAccepted(attempt.token))
		metrics.answered(this.job, provider, outcome, clock.now() - askedAtMs)
		const noted = health.noted(app, outcome)
		if (noted !== undefined) this.#write(noted, { pushAppId: app.id })
		this.#note(attempt.token, outcome)
		return outcome
	}

	/** What the tenant sees on the token. Written when it is news. */
	#note(token: PushToken, { kind, reason = kind }: PushOutcome): void {
		const { notes } = this.#context
		const { devices } = this.#context.deps
		const fields = { pushTokenId: token.id, reason }
		if (kind === 'accepted' && notes.accepted(token)) {
			const noting = devices.notePushAccepted(this.#tenantId, token.id)
			noting.catch(() => notes.unsettled(token))
			this.#write(noting, fields)
		}
		if (kind !== 'misconfigured') return
		notes.unsettled(token)
		this.#logger.warn(fields, 'push token kept though it is refused: the push app may be set up wrongly')
		if (token.refusedReason !== reason) this.#write(devices.notePushRefused(this.#tenantId, token.id, reason), fields)
	}

	#write(writing: Promise<void>, fields: object): void {
		const noted = writing.catch((error: unknown) => {
			this.#logger.warn({ ...fields, error: String(error) }, 'what became of a push was not noted')
		})
		this.#context.background(noted)
	}

	async #ask({ app, credential }: OpenedPushApp, token: PushToken): Promise<PushOutcome> {
		const { sender } = this.#context.deps
		try {
			return await sender.send(app, () => Promise.resolve(credential), this.#attempt(token))
		} catch (error) {
			this.#logger.error({ error: String(error) }, 'push sender failed')
			return { kind: 'retry', reason: 'internal error' }
		}
	}

	#attempt(token: PushToken): PushAttempt {
		const { job } = this
		const base = {
			pushId: job.pushId,
			intent: job.intent,
			tenantId: this.#tenantId,
			deviceId: job.deviceId as DeviceId,
			token,
			deadlineMs: job.deadlineMs,
		}
		if (job.intent === 'test') return base
		if (job.intent === 'refresh') return { ...base, accountId: job.accountId }
		const { uri, displayName } = job.from
		const from = { uri, ...(displayName !== undefined && { displayName }) }
		const endReason = job.intent === 'call-cancelled' ? job.reason : undefined
		return {
			...base,
			callId: job.callId,
			sipCallId: job.sipCallId,
			accountId: job.accountId,
			from,
			to: job.to,
			...(endReason !== undefined && { endReason }),
		}
	}

	async #retire(token: PushToken, reason: string, notAfterMs: number): Promise<void> {
		const { devices, signals } = this.#context.deps
		try {
			if (!(await devices.retirePushToken(this.#tenantId, token.id, reason, notAfterMs))) return
			this.#logger.info({ pushTokenId: token.id, reason }, 'push token retired')
			await signals.publish('device.changed', { deviceId: token.deviceId })
		} catch (error) {
			this.#logger.warn({ pushTokenId: token.id, error: String(error) }, 'push token not retired')
		}
	}

	#finish(result: WakeResult): void {
		const { evidence, metrics, onFinished } = this.#context
		evidence.finished(result, this.#wall())
		metrics.finished(this.job, result)
		onFinished(result)
	}

	get #tenantId(): TenantId {
		return this.job.tenantId as TenantId
	}

	#wall(): number {
		return this.#context.deps.clock.wall()
	}
}
