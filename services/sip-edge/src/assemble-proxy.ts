import { createHmac } from 'node:crypto'
import { SipEndpoint } from '@vigil/sip-transport'
import { RETRY_AFTER_SECONDS, type RegistrarParts } from './assemble-registrar.ts'
import { type EdgeContext, isOwnHost } from './edge-context.ts'
import { BranchSource } from './proxy/branch-source.ts'
import { CallAuthentication } from './proxy/call-authentication.ts'
import { DeviceOutgoingCalls } from './proxy/device-outgoing-calls.ts'
import { DeviceSide } from './proxy/device-side.ts'
import { internalHandlers, type ProxyOptions, publicHandlers } from './proxy/proxy.ts'
import { WorkerSide } from './proxy/worker-side.ts'
import { recordRoute } from './routing/route-set.ts'
import { SentBys } from './sockets/sent-bys.ts'

/** The parts by which requests pass. */
export interface ProxyParts {
	readonly devices: DeviceSide
	readonly publicEndpoint: SipEndpoint
	readonly internalEndpoint: SipEndpoint
}

/** Makes the proxy of an edge. What comes in on its sockets from now on is answered. */
export function assembleProxy(context: EdgeContext, registrar: RegistrarParts): ProxyParts {
	const { deps, tokenKey, counters } = context
	const { clock, logger, randomId } = deps
	const branches = new BranchSource(randomId)
	const sentBys = new SentBys()
	// Each side sends through the endpoint of the other one, so these come last.
	const devices = deviceSide(context, registrar, branches, () => publicEndpoint)
	const workers = workerSide(context, () => internalEndpoint)
	const rules = { tokenKey, isOwnSentBy: sentBys.isOwn, isOwnHost: (host: string) => isOwnHost(context, host) }
	const { registrations, registerHandler } = registrar
	const calls = deviceCalls(context, registrar, workers)
	const proxy: ProxyOptions = { rules, registrations, registerHandler, devices, workers, calls, randomId, counters }
	const internalEndpoint = new SipEndpoint({
		clock,
		logger,
		tag: randomId,
		channel: context.internalManager,
		handlers: internalHandlers(proxy),
		branch: new BranchSource(randomId).next,
		sentBy: () => sentBys.of(context.internal.addressFor()),
	})
	const publicEndpoint = new SipEndpoint({
		clock,
		logger,
		tag: randomId,
		channel: context.publicManager,
		handlers: publicHandlers(proxy),
		// A device shows who it is by each request, or by its connection.
		isKnown: () => false,
		branch: branches.next,
		sentBy: (flow) => sentBys.of(context.publicSockets.addressFor(flow)),
	})
	return { devices, publicEndpoint, internalEndpoint }
}

function deviceSide(
	{ deps, config, counters, activity, tokenKey, internal, publicSockets }: EdgeContext,
	{ registrations }: RegistrarParts,
	branches: BranchSource,
	endpoint: () => SipEndpoint,
): DeviceSide {
	return new DeviceSide({
		endpoint,
		branches,
		registrations,
		internalRoute: (token, flow) => recordRoute(tokenKey, token, internal.addressFor(flow.transport)),
		publicRoute: (token, flow) => recordRoute(tokenKey, token, publicSockets.addressFor(flow)),
		reattachWaitMs: config.reattachWaitMs,
		clock: deps.clock,
		randomId: deps.randomId,
		counters,
		activity,
	})
}

function deviceCalls(context: EdgeContext, registrar: RegistrarParts, workers: WorkerSide): DeviceOutgoingCalls {
	const { deps, config, counters, tokenKey, internal, publicSockets } = context
	const { registrations, credentials, offers, throttle, rules } = registrar
	const { clock, logger, randomId, callWorker, secretKey } = deps
	// A nonce of a REGISTER is no nonce of a call.
	const nonceKey = createHmac('sha256', secretKey).update(`sip-edge call nonce ${randomId()}`).digest()
	return new DeviceOutgoingCalls({
		registrations,
		authentication: new CallAuthentication({ rules: { ...rules, nonceKey }, credentials, offers, throttle, clock }),
		workers,
		callWorker,
		publicRoute: (token, flow) => recordRoute(tokenKey, token, publicSockets.addressFor(flow)),
		internalRoute: (token) => recordRoute(tokenKey, token, internal.addressFor()),
		domain: config.domain,
		retryAfterSeconds: RETRY_AFTER_SECONDS,
		randomId,
		counters,
		logger,
	})
}

function workerSide(
	{ deps: { clock, logger, randomId }, counters, activity, internal }: EdgeContext,
	endpoint: () => SipEndpoint,
): WorkerSide {
	const connect = internal.connect.bind(internal)
	return new WorkerSide({ endpoint, connect, clock, logger, randomId, counters, activity })
}
