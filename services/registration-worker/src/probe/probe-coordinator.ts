import type { SignalPayload } from '@vigil/contracts'
import { type Account, type AccountCredential, type AccountId, type AccountStore, UNANSWERED } from '@vigil/domain'
import type { Clock, Egress, Logger, RandomText } from '@vigil/runtime'
import type { DigestSecret } from '@vigil/sip'
import { TransportError, type TransportSources } from '@vigil/sip-transport'
import type { AccountDirectory } from '../accounts/account-directory.ts'
import { GIVEN_UP_AFTER_MS } from '../registrations/even-failures.ts'
import type { RegistrationDriver } from '../registrations/registration-driver.ts'
import { toldReason } from '../upstream/told-reason.ts'
import type { WorkerConfig } from '../worker-config.ts'
import type { WorkerSignals } from '../worker-ports.ts'
import type { ProbeAddresses } from './probe-sockets.ts'
import { type ProbeTarget, runProbe } from './run-probe.ts'

export interface ProbeCoordinatorDeps {
	readonly accounts: Pick<AccountStore, 'load' | 'openCredential' | 'nextGeneration'>
	readonly signals: WorkerSignals
	readonly config: Pick<WorkerConfig, 'upstreamHost' | 'upstreamAdvertisedHost' | 'upstreamCa' | 'unansweredAfterMs'>
	readonly egress: Egress
	/** The accounts that this worker runs. */
	readonly directory: Pick<AccountDirectory, 'slotOf'>
	readonly registrations: Pick<RegistrationDriver, 'aims'>
	/** Looks at the account anew. */
	readonly reload: (id: AccountId) => void
	readonly clock: Clock
	readonly logger: Logger
	readonly random: RandomText
	readonly transport?: TransportSources
}

/** How long a worker that stops waits for the removal of test contacts. */
const REMOVAL_WITHIN_MS = 5000

type Asked = SignalPayload<'probe.asked'>
type Outcome = Omit<SignalPayload<'probe.done'>, 'probeId'>

/** Probes accounts for whoever asks by signal, one probe of an account at a time. */
export class ProbeCoordinator {
	readonly #deps: ProbeCoordinatorDeps
	readonly #running = new Map<AccountId, Promise<void>>()
	readonly #closing = new AbortController()
	#unsubscribe: (() => void | Promise<void>) | undefined

	constructor(deps: ProbeCoordinatorDeps) {
		this.#deps = deps
	}

	async open(): Promise<void> {
		this.#unsubscribe = await this.#deps.signals.subscribe('probe.asked', (asked) => this.#asked(asked))
	}

	/** Ends the probes under way; what they have bound is removed first, if the server answers in time. */
	async close(): Promise<void> {
		this.#closing.abort()
		await this.#unsubscribe?.()
		if (this.#running.size === 0) return
		const { clock } = this.#deps
		const late = Promise.withResolvers<void>()
		const timer = clock.setTimer(REMOVAL_WITHIN_MS, late.resolve)
		await Promise.race([Promise.all(this.#running.values()), late.promise])
		clock.clearTimer(timer)
	}

	#asked(asked: Asked): void {
		const id = asked.accountId as AccountId
		if (this.#deps.directory.slotOf(id) < 0 || this.#closing.signal.aborted) return
		if (this.#running.has(id)) {
			void this.#tell(asked, { error: 'the account is being probed already' })
			return
		}
		const beganAtMs = this.#deps.clock.now()
		const run = this.#probe(id, asked.force)
			.catch((error: unknown): Outcome => ({ error: toldError(error) }))
			.then(async (outcome) => {
				if (isUnanswered(outcome)) await this.#untilGivenUp(beganAtMs)
				return this.#tell(asked, outcome)
			})
			.finally(() => this.#running.delete(id))
		this.#running.set(id, run)
	}

	async #probe(id: AccountId, force: boolean): Promise<Outcome> {
		const { accounts, clock, logger, random, config, egress, transport } = this.#deps
		const [account, credential] = await Promise.all([accounts.load(id), accounts.openCredential(id)])
		if (!account || !credential) throw new Error('the account has no credential')
		const { directory, registrations } = this.#deps
		const budget = registrations.aims.probe(directory.slotOf(id))
		const report = await runProbe(targetOf(account, credential), {
			...addressesOf(config),
			force,
			egress,
			...(budget && { budget }),
			clock,
			logger,
			random,
			transport,
			signal: this.#closing.signal,
		})
		if (report.findings.foreignLost.length > 0) await this.#registerAnew(account)
		return { report: report as Outcome['report'] }
	}

	/** What was lost may have been our own binding: a new generation of the registration registers at once. */
	async #registerAnew({ id, tenantId }: Account): Promise<void> {
		await this.#deps.accounts.nextGeneration(tenantId, id)
		this.#deps.reload(id)
	}

	/** How long it took would tell a closed port from an open one (ADR 19). */
	#untilGivenUp(beganAtMs: number): Promise<void> {
		const { clock, config } = this.#deps
		const { signal } = this.#closing
		return new Promise((resolve) => {
			const leftMs = beganAtMs + (config.unansweredAfterMs ?? GIVEN_UP_AFTER_MS) - clock.now()
			const timer = clock.setTimer(leftMs, resolve)
			signal.addEventListener('abort', () => {
				clock.clearTimer(timer)
				resolve()
			})
			if (signal.aborted) resolve()
		})
	}

	async #tell({ probeId }: Asked, outcome: Outcome): Promise<void> {
		try {
			await this.#deps.signals.publish('probe.done', { probeId, ...outcome })
		} catch (error) {
			this.#deps.logger.warn({ err: error, probeId }, 'could not tell the outcome of a probe')
		}
	}
}

function toldError(error: unknown): string {
	if (error instanceof TransportError) return toldReason(error)
	return error instanceof Error ? error.message : String(error)
}

/** Nothing at all was heard of a server. */
function isUnanswered({ error, report }: Outcome): boolean {
	return error === UNANSWERED || report?.blockingReason === UNANSWERED
}

function targetOf(account: Account, credential: AccountCredential): ProbeTarget {
	const { username, domain, authUsername, transport, webSocketPath, attributes } = account
	const { outboundProxy } = attributes
	const secret = secretOf(credential)
	const realm = credential.ha1?.realm
	return {
		username,
		domain,
		transport,
		...(webSocketPath === undefined ? {} : { webSocketPath }),
		...(authUsername === undefined ? {} : { authUsername }),
		...(outboundProxy === undefined ? {} : { outboundProxy }),
		secretFor: (challenge) => (realm === undefined || realm === challenge.realm ? secret : undefined),
	}
}

function secretOf({ password, ha1 }: AccountCredential): DigestSecret {
	if (password !== undefined) return { password: password.reveal() }
	const { md5, sha256, sha512_256 } = ha1
	return {
		ha1: {
			...(md5 === undefined ? {} : { MD5: md5.reveal() }),
			...(sha256 === undefined ? {} : { 'SHA-256': sha256.reveal() }),
			...(sha512_256 === undefined ? {} : { 'SHA-512-256': sha512_256.reveal() }),
		},
	}
}

/** An address that means all leaves the choice to the system, for each server anew. */
function addressesOf({
	upstreamHost,
	upstreamAdvertisedHost,
	upstreamCa,
}: ProbeCoordinatorDeps['config']): ProbeAddresses {
	const chosen = upstreamHost === '0.0.0.0' ? {} : { host: upstreamHost, advertisedHost: upstreamAdvertisedHost }
	return { ...chosen, ...(upstreamCa === undefined ? {} : { ca: upstreamCa }) }
}
