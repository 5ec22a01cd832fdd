import { wellFormedJson } from '@vigil/runtime'
import type { FastifyInstance } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'

/** Whatever a SIP server or a caller wrote, an answer in JSON holds text that every parser takes. */
export const wellFormedTextPlugin = fastifyPlugin(
	async (app: FastifyInstance) => {
		app.addHook('onSend', async (_request, reply, payload) => {
			const type = String(reply.getHeader('content-type') ?? '')
			return typeof payload === 'string' && /^application\/(?:.+\+)?json\b/.test(type)
				? wellFormedJson(payload)
				: payload
		})
	},
	{ name: 'well-formed-text' },
)
