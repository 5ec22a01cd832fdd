import { randomBytes } from 'node:crypto'
import {
	type Account,
	type AccountId,
	DEFAULT_ATTRIBUTES,
	type Device,
	type DeviceId,
	type PushAppId,
	type PushTokenId,
	type TenantId,
} from '@vigil/domain'
import { type RegistrationWorker, startRegistrationWorker, type WorkerConfig } from '@vigil/registration-worker'
import { type Clock, Egress, type Logger, silentLogger } from '@vigil/runtime'
import type { MemoryPorts } from './memory-ports.ts'

const TENANT = 'tenant-1' as TenantId
const LOOPBACK = '127.0.0.1'
/** The SIP servers of the tests are on loopback. */
export const TEST_EGRESS = '127.0.0.0/8,::1'
/** Before any time at which a test plays. */
const LONG_AGO_MS = 1_700_000_000_000

/** An account of which nothing but the name, the server and the Contact token matter. */
export function accountOf(
	username: string,
	domain: string,
	change: Partial<Omit<Account, 'id' | 'username' | 'domain'>> = {},
): Account {
	return {
		id: `account-${username}` as AccountId,
		tenantId: TENANT,
		username,
		domain,
		transport: 'udp',
		attributes: DEFAULT_ATTRIBUTES,
		contactToken: username,
		registrationGeneration: 1,
		credentialVersion: 1,
		version: 1,
		disabled: false,
		createdAtMs: LONG_AGO_MS,
		...change,
	}
}

/** A phone that sleeps and can be woken by push. */
export function sleepingDevice(name: string, lines: readonly AccountId[]): Device {
	const id = `device-${name}` as DeviceId
	return {
		id,
		tenantId: TENANT,
		platform: 'android',
		instanceId: `urn:uuid:00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padStart(12, '0').slice(0, 12)}`,
		activity: 'background',
		activitySinceMs: LONG_AGO_MS,
		registeredUpstream: false,
		pushTokens: [
			{
				id: `token-${name}` as PushTokenId,
				deviceId: id,
				pushAppId: 'push-app-1' as PushAppId,
				kind: 'fcm',
				token: `fcm-token-of-${name}`,
				registeredAtMs: LONG_AGO_MS,
			},
		],
		lines,
		createdAtMs: LONG_AGO_MS,
	}
}

/** A whole registration worker on real sockets of the loopback, with everything around it in memory. Fill the ports before. */
export function startLoneWorker(
	ports: MemoryPorts,
	clock: Clock,
	logger: Logger = silentLogger,
	change: Partial<WorkerConfig> = {},
	fencingToken = 1,
	egress: Egress = new Egress(TEST_EGRESS, logger),
): Promise<RegistrationWorker> {
	return startRegistrationWorker(
		{
			accounts: ports.accounts,
			devices: ports.devices,
			bindings: ports.bindings,
			calls: ports.calls,
			foregroundLeases: ports.foregroundLeases,
			signals: ports.signals,
			enqueuePush: ports.enqueuePush,
			egress,
			fencingToken,
			clock,
			logger,
			random: { token: (bytes) => randomBytes(bytes).toString('base64url') },
		},
		{
			upstreamHost: LOOPBACK,
			upstreamAdvertisedHost: LOOPBACK,
			upstreamPort: 0,
			internalHost: LOOPBACK,
			internalPort: 0,
			identitySecret: 'a secret of nobody',
			wakeWithinMs: 25_000,
			ringWithinMs: 185_000,
			sweepEveryMs: 30_000,
			...change,
		},
	)
}
