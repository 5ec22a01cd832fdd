import {
	EGRESS_DESCRIPTION,
	type Environment,
	egressSetting,
	flagSetting,
	integerSetting,
	loadConfig,
	portSetting,
	urlSetting,
} from '@vigil/runtime'
import { z } from 'zod'
import { limitSettings } from './limit-settings.ts'
import { pacingSettings } from './pacing-settings.ts'

const settingsSchema = z.object({
	databaseUrl: urlSetting(['postgres', 'postgresql']).meta({
		env: 'DATABASE_URL',
		description: 'PostgreSQL with the accounts',
	}),
	redisUrl: urlSetting(['redis', 'rediss'])
		.optional()
		.meta({ env: 'REDIS_URL', description: 'Redis or Valkey for queue and signals, in place of PostgreSQL' }),
	keyRing: z
		.string()
		.meta({ description: 'Keys that open credentials, id:base64 with commas between; the first one seals' }),
	identitySecret: z
		.string()
		.min(32)
		.meta({ description: 'Keys the hashes behind Call-IDs, tags and client nonces; the same in every worker' }),
	logLevel: z
		.enum(['debug', 'info', 'warn', 'error', 'silent'])
		.default('warn')
		.meta({ description: 'What is logged to standard error' }),
	host: z.string().default('127.0.0.1').meta({ description: 'Address of the sockets towards SIP servers' }),
	advertisedHost: z
		.string()
		.default('127.0.0.1')
		.meta({ description: 'Host name or address that SIP servers reach this machine by' }),
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
	upstreamCa: z
		.string()
		.optional()
		.meta({ description: 'File with certificates trusted for SIP servers (PEM), beside the system’s' }),
	egress: egressSetting().default('internet').meta({ description: EGRESS_DESCRIPTION }),
	internalHost: z.string().default('127.0.0.1').meta({ description: 'Address that edges reach the worker at' }),
	internalPort: portSetting().default(0).meta({ description: 'TCP port that edges reach the worker at' }),
	wakeSeconds: integerSetting(3, 120)
		.default(30)
		.meta({ description: 'How long a pushed device has to attach before the caller gets 480' }),
	...limitSettings,
	measuring: flagSetting()
		.default(false)
		.meta({ description: 'Whether the process that started this one may ask what it uses; for benchmarks' }),
})

export type WorkerSettings = z.output<typeof settingsSchema>

/** Reads the settings of a worker process; throws ConfigError with one plain sentence. */
export function readWorkerSettings(env: Environment): WorkerSettings {
	return loadConfig(settingsSchema, env, { prefix: 'VIGIL_', alsoKnown: ['VIGIL_TEST_SEED'] })
}
