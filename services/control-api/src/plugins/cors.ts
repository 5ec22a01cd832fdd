import type { FastifyInstance } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'

const ALLOWED_METHODS = 'GET, POST, PUT, PATCH, DELETE'
const ALLOWED_HEADERS = 'authorization, content-type, idempotency-key'
const EXPOSED_HEADERS = 'location, retry-after, idempotency-replayed'
const PREFLIGHT_LIFETIME_SECONDS = '7200'

/**
 * Lets pages of other origins call the API (softphones in browsers). No cookie is ever used, so an allowed origin
 * gains nothing without a bearer token; `origins` narrows it all the same.
 */
export const corsPlugin = fastifyPlugin(
	async (app: FastifyInstance, { origins }: { readonly origins: readonly string[] | undefined }) => {
		app.addHook('onRequest', async (request, reply) => {
			const origin = request.headers.origin
			if (origins !== undefined) reply.header('vary', 'origin')
			if (origin === undefined || (origins !== undefined && !origins.includes(origin))) return
			reply.header('access-control-allow-origin', origins === undefined ? '*' : origin)
			reply.header('access-control-expose-headers', EXPOSED_HEADERS)
			if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return
			return reply
				.code(204)
				.header('access-control-allow-methods', ALLOWED_METHODS)
				.header('access-control-allow-headers', ALLOWED_HEADERS)
				.header('access-control-max-age', PREFLIGHT_LIFETIME_SECONDS)
				.send()
		})
	},
	{ name: 'cors' },
)
