import type { Logger, Metrics } from '@vigil/runtime'
import type { FastifyInstance } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'

const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

interface RequestRecordOptions {
	readonly logger: Logger
	readonly metrics: Metrics
}

/** One log line and one observation per request, by route and not by URL: URLs hold identities. */
export const requestRecordPlugin = fastifyPlugin(
	async (app: FastifyInstance, { logger, metrics }: RequestRecordOptions) => {
		const durations = metrics.histogram({
			name: 'http_request_duration_seconds',
			help: 'Time from the first byte of a request to the end of its answer.',
			labels: ['method', 'route', 'status'],
			buckets: DURATION_BUCKETS_SECONDS,
		})
		app.addHook('onResponse', async (request, reply) => {
			const route = request.routeOptions.url ?? 'unknown'
			const { method } = request
			const status = reply.statusCode
			durations.observe(reply.elapsedTime / 1000, { method, route, status })
			logger.debug({ requestId: request.id, method, route, status, ms: reply.elapsedTime }, 'request answered')
		})
	},
	{ name: 'request-record' },
)
