import {
	buildRegister,
	initialProbe,
	type Probe,
	type ProbeEffect,
	type ProbeInput,
	type ProbeReport,
	type RegisterLines,
	stepProbe,
	type TestContact,
	type TestName,
	type UpstreamTransport,
} from '@vigil/domain'
import type { RandomText } from '@vigil/runtime'
import { type Clock, type Egress, type Logger, MachineRunner } from '@vigil/runtime'
import {
	answerChallenge,
	BRANCH_COOKIE,
	buildResponse,
	type Challenge,
	type DigestSecret,
	type SipRequest,
	type SipResponse,
} from '@vigil/sip'
import {
	formatAddress,
	type ResolvedTarget,
	resolveTarget,
	type ServerTransaction,
	SipEndpoint,
	TransportManager,
	type TransportSources,
} from '@vigil/sip-transport'
import { privateHostPort } from '../upstream/private-address.ts'
import { targetOfUri } from '../upstream/upstream-target.ts'
import type { ProbeBudget } from './probe-budget.ts'
import { openProbePaths, type ProbeAddresses, type ProbePath } from './probe-sockets.ts'

/** The account that is probed. */
export interface ProbeTarget {
	readonly username: string
	/** `host` or `host:port` of the address-of-record. */
	readonly domain: string
	readonly authUsername?: string
	readonly transport: UpstreamTransport
	/** Path of the URL over WebSocket; `/` when absent. */
	readonly webSocketPath?: string
	/** `host` or `host:port` to send to in place of the domain. */
	readonly outboundProxy?: string
	/** What answers a challenge; undefined where nothing does. */
	secretFor(challenge: Challenge): DigestSecret | undefined
}

export interface ProbeOptions extends ProbeAddresses {
	/** Go on though bindings of others may be lost. */
	readonly force: boolean
	/** Asked where a tenant names the server; absent where the operator does. */
	readonly egress?: Egress
	/** Likewise. */
	readonly budget?: ProbeBudget
	readonly clock: Clock
	readonly logger: Logger
	readonly random: RandomText
	/** The network below its sockets, and their chance; the machine's when absent. */
	readonly transport?: TransportSources | undefined
	readonly onProgress?: (text: string) => void
	/** Ends the probe early; what is bound is removed first. */
	readonly signal?: AbortSignal
}

const TRIED_OFTEN =
	'this SIP server has not accepted a registration yet, and many were tried just now; probe it again in a while'

type Register = Extract<ProbeEffect, { type: 'register' }>

/**
 * Probes an account over sockets of its own and reports what was found, also when it could not be brought to its end.
 * Rejects with TransportError when the server has no address or cannot be connected to, with Error for a domain that is none and
 * for a server that the budget does not admit.
 */
export async function runProbe(target: ProbeTarget, options: ProbeOptions): Promise<ProbeReport> {
	const { clock, logger, egress, transport } = options
	const servers = await serversOf(target)
	if (options.budget?.admits(formatAddress(servers)) === false) throw new Error(TRIED_OFTEN)
	const manager = new TransportManager({ ...transport, clock, logger, ...(egress && { egress }) })
	try {
		const paths = await openProbePaths(manager, servers, {
			...options,
			...(target.webSocketPath && { path: target.webSocketPath }),
		})
		const run = new ProbeRun(target, paths, manager, options)
		try {
			return await run.report()
		} finally {
			await run.close()
		}
	} finally {
		await manager.close()
	}
}

async function serversOf({ domain, outboundProxy, transport }: ProbeTarget): Promise<ResolvedTarget> {
	const text = outboundProxy ?? domain
	const target = targetOfUri(`sip:${text}`, transport)
	if (target === undefined) throw new Error(`${text} is no host or host:port`)
	const { host, port } = target
	const [server] = await resolveTarget({ host, transport: target.transport, ...(port === undefined ? {} : { port }) })
	if (server === undefined) throw new Error(`${text} has no address`)
	return server
}

/** Who sends: each test contact is a user agent of its own, and so is the one that asks. */
type Sender = TestName | 'asker'

interface Identity {
	readonly callId: string
	readonly fromTag: string
	cseq: number
}

class ProbeRun {
	readonly #target: ProbeTarget
	readonly #paths: Readonly<Record<TestName, ProbePath>>
	readonly #options: ProbeOptions
	readonly #endpoint: SipEndpoint
	readonly #users: Readonly<Record<TestName, string>>
	readonly #identities: Readonly<Record<Sender, Identity>>
	readonly #cnonce: string
	readonly #done = Promise.withResolvers<ProbeReport>()
	readonly #machine: MachineRunner<Probe, ProbeInput, ProbeEffect>

	constructor(
		target: ProbeTarget,
		paths: Readonly<Record<TestName, ProbePath>>,
		channel: TransportManager,
		options: ProbeOptions,
	) {
		const { clock, logger, random, force } = options
		this.#target = target
		this.#paths = paths
		this.#options = options
		const token = (bytes: number) => random.token(bytes)
		this.#users = { first: token(12), second: token(12) }
		const identity = (): Identity => ({ callId: token(15), fromTag: token(6), cseq: 0 })
		this.#identities = { first: identity(), second: identity(), asker: identity() }
		this.#cnonce = token(6)
		const driver = {
			clock,
			step: stepProbe,
			execute: (effect: ProbeEffect) => this.#execute(effect),
			failed: (error: unknown) => this.#done.reject(error),
		}
		this.#machine = new MachineRunner(driver, initialProbe({ users: this.#users, force }))
		this.#endpoint = new SipEndpoint({
			channel,
			clock,
			logger,
			branch: () => BRANCH_COOKIE + token(9),
			handlers: { onRequest: turnAway, onAck: () => {} },
			isKnown: ({ remote }) => [paths.first, paths.second].some(({ flow }) => flow.remote.host === remote.host),
		})
	}

	report(): Promise<ProbeReport> {
		const { signal } = this.#options
		const stop = () => this.#machine.input({ type: 'stop' })
		signal?.addEventListener('abort', stop)
		this.#machine.input({ type: 'start' })
		if (signal?.aborted) stop()
		return this.#done.promise.finally(() => signal?.removeEventListener('abort', stop))
	}

	close(): Promise<void> {
		return this.#endpoint.close()
	}

	#execute(effect: ProbeEffect): void {
		if (effect.type === 'progress') this.#options.onProgress?.(effect.text)
		else if (effect.type === 'done') this.#done.resolve(effect.report)
		else this.#register(effect)
	}

	#register(register: Register): void {
		const { attempt } = register
		const onResponse = (response: SipResponse) => this.#machine.input({ type: 'response', attempt, response })
		const failed = (cause: 'timeout' | 'transport', detail?: string) =>
			this.#machine.input({ type: 'failed', attempt, cause, ...(detail === undefined ? {} : { detail }) })
		try {
			const { request, path, sentBy } = this.#write(register)
			this.#options.budget?.sent(formatAddress(path.flow.remote))
			this.#endpoint.request(request, path.flow, { onResponse: onResponse, onFailure: failed }, { sentBy })
		} catch (error) {
			failed('transport', error instanceof Error ? error.message : String(error))
		}
	}

	#write({ contact, removes, address, expiresSeconds, answers }: Register) {
		const sender: Sender = contact?.name ?? 'asker'
		const identity = this.#identities[sender]
		identity.cseq++
		const { username, domain } = this.#target
		const user = this.#users[contact?.name ?? 'first']
		const place = this.#placeOf({ name: contact?.name ?? 'first', address })
		const lines: RegisterLines = {
			contactUser: user,
			aor: `sip:${username}@${domain}`,
			registrarUri: `sip:${domain}`,
			contactUri: place.contactUri,
			callId: identity.callId,
			fromTag: identity.fromTag,
			cseqBase: 0,
		}
		const request = buildRegister(lines, identity.cseq, contact === undefined ? undefined : expiresSeconds)
		if (removes !== undefined) {
			const old = removes.listedAs ?? this.#placeOf(removes.contact).contactUri
			request.headers.remove('Expires')
			request.headers.append('Contact', `<${old}>;expires=0`)
		}
		this.#authorize(request, answers)
		return { request, path: place.path, sentBy: place.sentBy }
	}

	/** Where a test contact is, and what it says of that. */
	#placeOf({ name, address }: TestContact) {
		const path = this.#paths[name]
		const user = this.#users[name]
		const sentBy = address === 'private' ? privateHostPort(user) : path.hostPort
		const { transport } = this.#target
		const contactUri = `sip:${user}@${sentBy}${transport === 'udp' ? '' : `;transport=${transport}`}`
		return { path, sentBy, contactUri }
	}

	#authorize(request: SipRequest, answers: Register['answers']): void {
		const { method, uri, body } = request
		for (const { challenge, nonceCount } of answers) {
			const secret = this.#target.secretFor(challenge)
			if (secret === undefined) throw new Error(`there is no credential for the realm ${challenge.realm}`)
			const username = this.#target.authUsername ?? this.#target.username
			const value = answerChallenge({
				challenge,
				username,
				secret,
				method,
				uri,
				body,
				cnonce: this.#cnonce,
				nc: nonceCount,
			})
			request.headers.append(challenge.proxy ? 'Proxy-Authorization' : 'Authorization', value)
		}
	}
}

/** A call to a test contact finds nobody; whoever asks whether we are there is told so. */
function turnAway(transaction: ServerTransaction): void {
	const { request } = transaction
	transaction.respond(buildResponse(request, request.method === 'OPTIONS' ? 200 : 480, undefined, { toTag: 'probe' }))
}
