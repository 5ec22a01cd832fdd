import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'

/**
 * Headers that narrow what a browser does with answers. HTTPS is the business of the proxy in front, so nothing here
 * makes a browser insist on it. The documentation page needs its own inline styles and images from `data:`.
 */
export const securityHeadersPlugin = fastifyPlugin(
	async (app: FastifyInstance) => {
		await app.register(helmet, {
			strictTransportSecurity: false,
			crossOriginResourcePolicy: { policy: 'cross-origin' },
			contentSecurityPolicy: {
				useDefaults: false,
				directives: {
					defaultSrc: ["'self'"],
					baseUri: ["'self'"],
					fontSrc: ["'self'", 'data:'],
					frameAncestors: ["'none'"],
					imgSrc: ["'self'", 'data:'],
					objectSrc: ["'none'"],
					scriptSrc: ["'self'"],
					styleSrc: ["'self'", "'unsafe-inline'"],
				},
			},
		})
	},
	{ name: 'security-headers' },
)
