import { randomUUID } from 'node:crypto'
import {
	type AccountId,
	type Call,
	type CallId,
	DEFAULT_ATTRIBUTES,
	type Device,
	type DeviceChange,
	type DeviceStore,
	type Ha1Credential,
	type NewAccount,
	type NewDevice,
	type PushAppSettings,
	Secret,
	type TenantId,
} from '@vigil/domain'

export const APNS: PushAppSettings = {
	provider: 'apns',
	bundleId: 'example.phone',
	teamId: 'TEAM',
	keyId: 'KEY',
	environment: 'sandbox',
}

export function newAccount(tenantId: TenantId, fields: Partial<NewAccount> = {}): NewAccount {
	return {
		tenantId,
		username: `user-${randomUUID()}`,
		domain: 'pbx.example',
		transport: 'udp',
		password: new Secret('hunter2'),
		attributes: DEFAULT_ATTRIBUTES,
		contactToken: randomUUID(),
		...fields,
	}
}

const HA1: Ha1Credential = {
	realm: 'pbx.example',
	md5: new Secret('0123456789abcdef0123456789abcdef'),
	sha256: new Secret('ab'.repeat(32)),
}

/** An account with an HA1 in place of the password. */
export function newHashedAccount(tenantId: TenantId, fields: Partial<NewAccount> = {}): NewAccount {
	const { password: _password, ...account } = newAccount(tenantId, fields)
	return { ...account, ha1: HA1 }
}

export function newDevice(tenantId: TenantId, fields: Partial<NewDevice> = {}): NewDevice {
	return {
		tenantId,
		platform: 'ios',
		instanceId: `urn:uuid:${randomUUID()}`,
		tokenDigest: randomUUID(),
		sipSecret: new Secret('edge-secret'),
		pushTokens: [],
		lines: [],
		...fields,
	}
}

export function newCall(tenantId: TenantId, accountId: AccountId, fields: Partial<Call> = {}): Call {
	return {
		id: `call_${randomUUID()}` as CallId,
		tenantId,
		accountId,
		sipCallId: randomUUID(),
		fromUri: 'sip:alice@pbx.example',
		direction: 'incoming',
		toUri: 'sip:bob@pbx.example',
		startedAtMs: 1_700_000_000_000,
		...fields,
	}
}

/** The device as it was stored. */
export async function enrolledDevice(devices: DeviceStore, device: NewDevice): Promise<Device> {
	return (await devices.create(device)).device
}

/** The device as the change has left it; undefined when there is none. */
export async function changedDevice(
	devices: DeviceStore,
	{ id, tenantId }: Pick<Device, 'id' | 'tenantId'>,
	change: DeviceChange,
): Promise<Device | undefined> {
	return (await devices.change(tenantId, id, change))?.device
}
