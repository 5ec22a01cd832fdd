import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { PROBLEM_MEDIA_TYPE } from '@vigil/contracts'
import type { FastifyInstance } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

const PROBLEM_RESPONSE = {
	description: 'What is wrong, as a problem document.',
	content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
}

/** The description of the API at `/docs`, with everything that the page needs served from here. */
export const openApiPlugin = fastifyPlugin(
	async (app: FastifyInstance) => {
		await app.register(swagger, {
			openapi: {
				openapi: '3.1.0',
				info: {
					title: 'Vigil control API',
					version: '0.1.0',
					description:
						'Errors are RFC 9457 problem documents. POST takes an `Idempotency-Key`: a repeated request gets the first answer.',
				},
				components: {
					securitySchemes: {
						admin: { type: 'http', scheme: 'bearer', description: 'Token of the platform admin.' },
						tenant: { type: 'http', scheme: 'bearer', description: 'API key of a tenant (`vgl_key_...`).' },
						device: { type: 'http', scheme: 'bearer', description: 'Token of an enrolled device (`vgl_dev_...`).' },
					},
				},
			},
			transform: (document) => {
				const { schema, url } = jsonSchemaTransform(document as Parameters<typeof jsonSchemaTransform>[0])
				const responses = (schema as { response?: Record<string, unknown> } | undefined)?.response
				if (responses !== undefined) responses.default = PROBLEM_RESPONSE
				return { schema: schema ?? {}, url }
			},
			transformObject: jsonSchemaTransformObject,
		})
		await app.register(swaggerUi, {
			routePrefix: '/docs',
			// Without this the page asks a validator on the internet about the description.
			uiConfig: { validatorUrl: null },
			theme: { title: 'Vigil control API' },
		})
	},
	{ name: 'openapi' },
)
