import rateLimit from '@fastify/rate-limit'
import { sourceOf } from '@vigil/runtime'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'
import { RequestProblem } from '../problems/problem-error.ts'

/** Bounds requests per client address at the routes that ask for it with `config.rateLimit`. */
export const rateLimitPlugin = fastifyPlugin(
	async (app: FastifyInstance) => {
		await app.register(rateLimit, {
			global: false,
			cache: 10_000,
			keyGenerator: ({ ip }: FastifyRequest) => sourceOf(ip),
			errorResponseBuilder: (_request: FastifyRequest, context: { readonly ttl: number }) =>
				new RequestProblem('too-many-requests', {
					detail: 'Too many requests from this address.',
					headers: { 'retry-after': String(Math.max(1, Math.ceil(context.ttl / 1000))) },
				}),
		})
	},
	{ name: 'rate-limit-by-source' },
)

/** Route options that bound a route to `max` requests per minute and source address. */
export function perMinute(max: number) {
	return { config: { rateLimit: { max, timeWindow: 60_000 } } }
}
