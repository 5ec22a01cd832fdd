import Fastify, { type FastifyInstance, type onRequestAsyncHookHandler } from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import { adminOnly, devicesEvenRemoved, devicesOnly, type TokenBounds, tenantsOnly } from './auth/scopes.ts'
import { TokenTries } from './auth/token-tries.ts'
import { countRequest, refuseBeyondBudget, shedChanges } from './budgets/admission.ts'
import { DEFAULT_REQUEST_RATES, RequestBudgets } from './budgets/request-budgets.ts'
import type { ControlApiDeps } from './deps.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { ReadingTurns } from './lists/reading-turns.ts'
import { corsPlugin } from './plugins/cors.ts'
import { idempotencyPlugin } from './plugins/idempotency.ts'
import { jsonBodyPlugin } from './plugins/json-body.ts'
import { openApiPlugin } from './plugins/openapi.ts'
import { rateLimitPlugin } from './plugins/rate-limit.ts'
import { requestRecordPlugin } from './plugins/request-record.ts'
import { securityHeadersPlugin } from './plugins/security-headers.ts'
import { wellFormedTextPlugin } from './plugins/well-formed-text.ts'
import { installErrorHandler } from './problems/error-handler.ts'
import { zodValidatorCompiler } from './problems/validator.ts'
import { accountStateRoutes } from './routes/account-state.ts'
import { accountRoutes } from './routes/accounts.ts'
import { attributeRoutes } from './routes/attributes.ts'
import { callRoutes } from './routes/calls.ts'
import { declineRoutes } from './routes/decline.ts'
import { deviceEnrolmentRoutes } from './routes/device-enrolment.ts'
import { deviceRoutes } from './routes/devices.ts'
import { handoffRoutes } from './routes/handoff.ts'
import { handoffEventRoutes } from './routes/handoff-events.ts'
import { operationRoutes } from './routes/operation.ts'
import { ownDeviceRoutes } from './routes/own-device.ts'
import { probeRoutes } from './routes/probe.ts'
import { pushAppRoutes } from './routes/push-apps.ts'
import type { Routes } from './routes/route-options.ts'
import { ownSettingsRoutes, tenantSettingsRoutes } from './routes/tenant-settings.ts'
import { tenantRoutes } from './routes/tenants.ts'

/** A certificate chain and its private key, PEM. */
export interface ApiCertificate {
	readonly cert: string
	readonly key: string
}

export const TLS_BOUNDS = { minVersion: 'TLSv1.2' } as const

/** The control API, ready to answer: by `inject` in tests, by `listen` in a process. */
export async function buildApp(deps: ControlApiDeps, tls?: ApiCertificate): Promise<FastifyInstance> {
	const limits: Limits = { ...DEFAULT_LIMITS, ...deps.limits }
	// The type of the server is nothing that routes know.
	const https = (tls ? { https: { ...tls, ...TLS_BOUNDS } } : {}) as object
	const app = Fastify({
		...https,
		logger: false,
		bodyLimit: limits.bodyBytes,
		requestTimeout: limits.requestTimeoutMs,
		trustProxy: deps.trustedProxies?.length ? [...deps.trustedProxies] : false,
		genReqId: () => deps.random.uuid(),
		// A draining process still answers what it has accepted, and closes idle connections at once.
		forceCloseConnections: 'idle',
	})
	app.setValidatorCompiler(zodValidatorCompiler)
	app.setSerializerCompiler(serializerCompiler)
	installErrorHandler(app, deps.logger)
	await registerPlugins(app, deps)
	await registerScopes(app, deps, limits)
	await app.ready()
	return app
}

async function registerPlugins(app: FastifyInstance, deps: ControlApiDeps): Promise<void> {
	const { logger, metrics } = deps
	app.decorateRequest('caller', null)
	await app.register(requestRecordPlugin, { logger, metrics })
	await app.register(securityHeadersPlugin)
	await app.register(corsPlugin, { origins: deps.corsOrigins })
	await app.register(jsonBodyPlugin)
	await app.register(wellFormedTextPlugin)
	await app.register(rateLimitPlugin)
	await app.register(idempotencyPlugin, { store: deps.stores.idempotency, logger })
	await app.register(openApiPlugin)
}

/** Who may call a route follows from the scope that it is registered in, not from its URL. */
async function registerScopes(app: FastifyInstance, deps: ControlApiDeps, limits: Limits): Promise<void> {
	const { tenants } = deps.stores
	const budgets = new RequestBudgets({ ...DEFAULT_REQUEST_RATES, ...deps.requestRates })
	const options = { deps, limits, budgets, turns: new ReadingTurns(deps.clock) }
	const bounds: TokenBounds = {
		tries: new TokenTries(limits.unauthenticatedPerMinute),
		isKnown: (digest) => budgets.knows(digest),
		clock: deps.clock,
	}
	const scope = (name: string, guard: onRequestAsyncHookHandler, routes: readonly Routes[]) =>
		app.register(async (scoped) => {
			// Tenants and the administrator never have a call: they are refused before their token is looked up.
			if (name !== 'device') scoped.addHook('onRequest', shedChanges(deps))
			scoped.addHook('onRequest', refuseBeyondBudget(deps, budgets))
			scoped.addHook('onRequest', guard)
			scoped.addHook('onRequest', countRequest(deps, budgets))
			if (name === 'device') scoped.addHook('onRequest', shedChanges(deps))
			scoped.addHook('onRoute', (route) => {
				route.schema = { ...route.schema, security: [{ [name]: [] }] }
			})
			for (const group of routes) await scoped.register(group, options)
		})
	await scope('admin', adminOnly(deps.adminToken, bounds), [tenantRoutes, tenantSettingsRoutes])
	await scope('tenant', tenantsOnly(tenants, bounds), [
		pushAppRoutes,
		accountRoutes,
		attributeRoutes,
		accountStateRoutes,
		probeRoutes,
		deviceRoutes,
		callRoutes,
		ownSettingsRoutes,
	])
	await scope('device', devicesOnly(deps, bounds), [ownDeviceRoutes, declineRoutes])
	await scope('device', devicesEvenRemoved(deps, bounds), [handoffRoutes, handoffEventRoutes])
	await app.register(async (enrolment) => {
		enrolment.addHook('onRequest', shedChanges(deps))
		await enrolment.register(deviceEnrolmentRoutes, options)
	})
	await app.register(operationRoutes, options)
}
