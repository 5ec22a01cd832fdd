import { limitSettings, pacingSettings } from '@vigil/registration-worker'
import {
	EGRESS_DESCRIPTION,
	type Environment,
	egressSetting,
	integerSetting,
	loadConfig,
	networksSetting,
	portSetting,
	urlSetting,
} from '@vigil/runtime'
import { z } from 'zod'
import { apiLimitSettings, edgeLimitSettings } from './door-settings.ts'

export const SETTINGS_PREFIX = 'VIGIL_'

const fields = z.object({
	databaseUrl: urlSetting(['postgres', 'postgresql'])
		.optional()
		.meta({ env: 'DATABASE_URL', description: 'PostgreSQL to use in place of the embedded one' }),
	redisUrl: urlSetting(['redis', 'rediss'])
		.optional()
		.meta({ env: 'REDIS_URL', description: 'Redis or Valkey for queue and signals, in place of PostgreSQL' }),
	stateDir: z.string().default('.vigil').meta({ description: 'Folder for the embedded database and generated keys' }),
	logLevel: z
		.enum(['debug', 'info', 'warn', 'error', 'silent'])
		.default('warn')
		.meta({ description: 'What is logged to standard error' }),
	host: z.string().default('127.0.0.1').meta({ description: 'Address that the control API and the edge listen on' }),
	advertisedHost: z
		.string()
		.default('127.0.0.1')
		.meta({ description: 'Host name or address that devices and SIP servers reach this machine by' }),
	apiPort: portSetting().default(8080).meta({ description: 'Port of the control API' }),
	operationsHost: z
		.string()
		.default('127.0.0.1')
		.meta({ description: 'Address that the operations port listens on; whoever reaches it needs no credential' }),
	operationsPort: portSetting().default(8081).meta({ description: 'Port of `/healthz`, `/readyz` and `/metrics`' }),
	edgeWsPort: portSetting().default(8088).meta({ description: 'Port where devices attach by WebSocket' }),
	edgeSipPort: portSetting().default(5062).meta({ description: 'Port where devices attach by UDP and TCP' }),
	edgeTlsPort: portSetting()
		.optional()
		.meta({ description: 'Port where devices attach by TLS; needs VIGIL_TLS_CERTIFICATE' }),
	edgeWssPort: portSetting()
		.optional()
		.meta({ description: 'Port where devices attach by secure WebSocket; needs VIGIL_TLS_CERTIFICATE' }),
	tlsCertificate: z.string().optional().meta({ description: 'File with the certificate chain of the edge (PEM)' }),
	apiTlsCertificate: z
		.string()
		.optional()
		.meta({ description: 'File with the certificate chain of the control API (PEM), which then speaks HTTPS alone' }),
	apiTlsKey: z.string().optional().meta({ description: 'File with the private key of the control API (PEM)' }),
	tlsKey: z.string().optional().meta({ description: 'File with the private key of the edge (PEM)' }),
	trustedProxies: networksSetting().prefault('').meta({
		description:
			'Addresses and networks of proxies and load balancers, with commas between: their X-Forwarded-For (control API) and PROXY protocol headers (edge) are believed',
	}),
	upstreamPort: portSetting().default(5080).meta({ description: 'UDP and TCP port towards SIP servers' }),
	upstreamHostV6: z
		.string()
		.optional()
		.meta({ description: 'Address of further sockets towards SIP servers, for those that are reached by IPv6' }),
	upstreamAdvertisedHostV6: z
		.string()
		.optional()
		.meta({ description: 'Address that SIP servers reach those by; VIGIL_UPSTREAM_HOST_V6 when unset' }),
	...pacingSettings,
	egress: egressSetting().default('lan').meta({ description: EGRESS_DESCRIPTION }),
	upstreamCa: z
		.string()
		.optional()
		.meta({ description: 'File with certificates trusted for SIP servers (PEM), beside the system’s' }),
	adminToken: z
		.string()
		.min(24, 'must have at least 24 characters')
		.optional()
		.meta({ description: 'Bearer token of the platform administrator; made and kept in the state folder when unset' }),
	keyRing: z
		.string()
		.optional()
		.meta({ description: 'Keys that seal credentials, id:base64 with commas between; the first one seals' }),
	wakeSeconds: integerSetting(3, 120)
		.default(30)
		.meta({ description: 'How long a pushed device has to attach before the caller gets 480' }),
	...limitSettings,
	...edgeLimitSettings,
	...apiLimitSettings,
	demo: z
		.enum(['on', 'off'])
		.default('on')
		.meta({ description: 'Whether a demo tenant, SIP server and push provider are run beside the service' }),
	demoSipPort: portSetting().default(5060).meta({ description: 'Port of the demo SIP server' }),
})

export type Settings = z.output<typeof fields>

/** Every setting of the process, with its default and meaning. */
export const settingsSchema = fields.superRefine((settings, context) => {
	const refuse = (field: keyof Settings, message: string) =>
		context.addIssue({ code: 'custom', path: [field], message })
	if ((settings.tlsCertificate === undefined) !== (settings.tlsKey === undefined)) {
		refuse(settings.tlsKey === undefined ? 'tlsKey' : 'tlsCertificate', 'certificate and key go together')
	}
	if ((settings.apiTlsCertificate === undefined) !== (settings.apiTlsKey === undefined)) {
		refuse(settings.apiTlsKey === undefined ? 'apiTlsKey' : 'apiTlsCertificate', 'certificate and key go together')
	}
	if (settings.tlsCertificate !== undefined) return
	if (settings.edgeTlsPort !== undefined) refuse('edgeTlsPort', 'needs VIGIL_TLS_CERTIFICATE and VIGIL_TLS_KEY')
	if (settings.edgeWssPort !== undefined) refuse('edgeWssPort', 'needs VIGIL_TLS_CERTIFICATE and VIGIL_TLS_KEY')
})

/** Reads the settings; throws ConfigError with one plain sentence. `VIGIL_TEST_SEED` and `VIGIL_REQUIRE_PEERS` belong to the tests. */
export function readSettings(env: Environment): Settings {
	return loadConfig(settingsSchema, env, {
		prefix: SETTINGS_PREFIX,
		alsoKnown: ['VIGIL_TEST_SEED', 'VIGIL_REQUIRE_PEERS'],
	})
}
