import { createHmac } from 'node:crypto'
import { canonicalHost } from '@vigil/sip'
import { SipEndpoint, type TransportManager } from '@vigil/sip-transport'
import { Activity } from './activity.ts'
import { BindingNews } from './attach/binding-news.ts'
import { BindingWriter } from './attach/binding-writer.ts'
import { RegisterHandler } from './attach/register-handler.ts'
import { Registrations } from './attach/registrations.ts'
import { SecretCache } from './attach/secret-cache.ts'
import type { CompleteConfig } from './config.ts'
import type { EdgeCounters } from './counters.ts'
import { AttemptThrottle } from './limits/attempt-throttle.ts'
import { limitedChannel } from './limits/limited-channel.ts'
import { RequestRate } from './limits/request-rate.ts'
import type { SipEdgeDeps } from './ports.ts'
import { BranchSource } from './proxy/branch-source.ts'
import { DeviceSide } from './proxy/device-side.ts'
import { internalHandlers, type ProxyOptions, publicHandlers } from './proxy/proxy.ts'
import { WorkerSide } from './proxy/worker-side.ts'
import type { RegistrarRules } from './registrar/types.ts'
import { flowTokenKey } from './routing/flow-token.ts'
import { bindingRoute, edgeUri, recordRoute } from './routing/route-set.ts'
import type { InternalSockets } from './sockets/internal-sockets.ts'
import type { PublicSockets } from './sockets/public-sockets.ts'
import { SentBys } from './sockets/sent-bys.ts'

const RETRY_AFTER_SECONDS = 5
const NONCE_MAX_AGE_MS = 300_000
const STORED_LIFETIME_MS = 3_600_000
const PASSWORD_WINDOW_MS = 60_000
/** A source may be an office or a carrier's NAT, so it gets the tries of several devices. */
const TRIES_PER_SOURCE = 10
const SECRET_MAX_AGE_MS = 600_000
/** Short, so that a device that was enrolled a moment ago is not turned away for long when the signal was lost. */
const UNKNOWN_MAX_AGE_MS = 10_000
const BURST_SECONDS = 4
/** Bounds the memory that strangers can fill. */
const MAX_REMEMBERED = 50_000

export interface Sockets {
	readonly internalManager: TransportManager
	readonly internal: InternalSockets
	readonly publicManager: TransportManager
	readonly publicSockets: PublicSockets
}

/** The working parts of an edge. */
export interface EdgeParts {
	readonly registrations: Registrations
	readonly registerHandler: RegisterHandler
	readonly secrets: SecretCache
	readonly news: BindingNews
	readonly writer: BindingWriter
	readonly devices: DeviceSide
	readonly publicEndpoint: SipEndpoint
	readonly internalEndpoint: SipEndpoint
	readonly activity: Activity
	/** What the store knows this edge by. */
	readonly uri: string
}

/** Makes the parts and ties them together. Opens nothing: what comes in on `sockets` from now on is answered. */
export function assemble(
	deps: SipEdgeDeps,
	config: CompleteConfig,
	sockets: Sockets,
	counters: EdgeCounters,
): EdgeParts {
	const { clock, logger, randomId } = deps
	const { internal, publicSockets } = sockets
	const tokenKey = flowTokenKey(deps.secretKey)
	const activity = new Activity()
	const attach = assembleRegistrar(deps, config, sockets, tokenKey, counters)
	const branches = new BranchSource(randomId)
	const devices = new DeviceSide({
		endpoint: () => publicEndpoint,
		branches,
		registrations: attach.registrations,
		internalRoute: (token, flow) => recordRoute(tokenKey, token, internal.addressFor(flow.transport)),
		publicRoute: (token, flow) => recordRoute(tokenKey, token, publicSockets.addressFor(flow)),
		reattachWaitMs: config.reattachWaitMs,
		clock,
		randomId,
		counters,
		activity,
	})
	const workers = new WorkerSide({
		endpoint: () => internalEndpoint,
		connect: (worker) => internal.connect(worker),
		clock,
		logger,
		randomId,
		counters,
		activity,
	})
	const sentBys = new SentBys()
	const rules = { tokenKey, isOwnSentBy: sentBys.isOwn }
	const proxy: ProxyOptions = { rules, ...attach, devices, workers, randomId, counters }
	const common = { clock, logger, tag: randomId }
	const internalEndpoint = new SipEndpoint({
		...common,
		channel: sockets.internalManager,
		handlers: internalHandlers(proxy),
		branch: new BranchSource(randomId).next,
		sentBy: () => sentBys.of(internal.addressFor()),
	})
	const publicEndpoint = new SipEndpoint({
		...common,
		channel: limited(deps, config, sockets, counters),
		handlers: publicHandlers(proxy),
		branch: branches.next,
		sentBy: (flow) => sentBys.of(publicSockets.addressFor(flow)),
	})
	return { ...attach, devices, publicEndpoint, internalEndpoint, activity, uri: edgeUri(internal.addressFor()) }
}

function assembleRegistrar(
	deps: SipEdgeDeps,
	config: CompleteConfig,
	{ internal, publicSockets }: Sockets,
	tokenKey: Uint8Array,
	counters: EdgeCounters,
) {
	const { clock, logger, randomId } = deps
	const news = new BindingNews({ signals: deps.signals, logger, onFailure: () => counters.signalFailures++ })
	const writer = new BindingWriter({
		store: deps.bindings,
		clock,
		logger,
		onFailure: () => counters.storeFailures++,
	})
	const secrets = new SecretCache({
		clock,
		open: (deviceId) => deps.devices.openSipSecret(deviceId),
		maxAgeMs: SECRET_MAX_AGE_MS,
		unknownMaxAgeMs: UNKNOWN_MAX_AGE_MS,
		maxEntries: MAX_REMEMBERED,
	})
	const registrations = new Registrations({
		rules: registrarRules(deps, config),
		routeTo: (deviceId) => bindingRoute(tokenKey, { deviceId }, internal.addressFor()),
		news,
		writer,
		clock,
		counters,
	})
	const throttle = new AttemptThrottle({
		triesPerDevice: config.passwordTries,
		triesPerSource: config.passwordTries * TRIES_PER_SOURCE,
		windowMs: PASSWORD_WINDOW_MS,
		maxEntries: MAX_REMEMBERED,
	})
	const registerHandler = new RegisterHandler({
		registrations,
		secrets,
		throttle,
		domain: config.domain,
		isOwnHost: (host) => [config.domain, ...publicSockets.hosts].some((own) => isSameHost(own, host)),
		retryAfterSeconds: RETRY_AFTER_SECONDS,
		clock,
		logger,
		randomId,
		counters,
	})
	return { registrations, registerHandler, secrets, news, writer }
}

function registrarRules({ secretKey, randomId }: SipEdgeDeps, config: CompleteConfig): RegistrarRules {
	return {
		realm: config.realm,
		minExpiresSeconds: config.minExpiresSeconds,
		maxExpiresSeconds: config.maxExpiresSeconds,
		flowTimerSeconds: config.flowTimerSeconds,
		nonceKey: createHmac('sha256', secretKey).update(`sip-edge nonce ${randomId()}`).digest(),
		nonceMaxAgeMs: NONCE_MAX_AGE_MS,
		storedLifetimeMs: Math.max(STORED_LIFETIME_MS, 2000 * config.maxExpiresSeconds),
		retryAfterSeconds: RETRY_AFTER_SECONDS,
	}
}

function limited(deps: SipEdgeDeps, config: CompleteConfig, sockets: Sockets, counters: EdgeCounters) {
	const rate = new RequestRate({
		perSecond: config.requestsPerSecondPerSource,
		burst: config.requestsPerSecondPerSource * BURST_SECONDS,
		maxSources: MAX_REMEMBERED,
	})
	return limitedChannel(sockets.publicManager, rate, deps.clock, () => counters.rateLimited++)
}

function isSameHost(left: string, right: string): boolean {
	return canonicalHost(left) === canonicalHost(right)
}
