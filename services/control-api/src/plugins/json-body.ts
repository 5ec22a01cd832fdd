import type { FastifyInstance } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'

/** JSON bodies, where an empty one counts as none: clients often send the Content-Type of JSON with no body. */
export const jsonBodyPlugin = fastifyPlugin(
	async (app: FastifyInstance) => {
		const parse = app.getDefaultJsonParser('error', 'error')
		app.removeAllContentTypeParsers()
		app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
			if (body === '') done(null, undefined)
			else parse(request, body, done)
		})
	},
	{ name: 'json-body' },
)
