import { generateKeyPairSync } from 'node:crypto'
import {
	type ApnsSettings,
	type DeviceId,
	type FcmSettings,
	type PushApp,
	type PushAppId,
	type PushAppSettings,
	type PushAttempt,
	type PushTokenId,
	type PushTokenKind,
	Secret,
	type TenantId,
} from '@vigil/domain'

export const APNS_TOKEN = 'ab'.repeat(32)
const signingPair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const { publicKey } = signingPair
export const SIGNING_KEY = new Secret(signingPair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
export const ACCESS_TOKEN = new Secret(JSON.stringify({ access_token: 'static-access-token' }))

const APNS_SETTINGS: ApnsSettings = {
	provider: 'apns',
	bundleId: 'com.example.phone',
	teamId: 'TEAM123456',
	keyId: 'KEY1234567',
	environment: 'sandbox',
}
const FCM_SETTINGS: FcmSettings = { provider: 'fcm', projectId: 'example-phone' }

/** Settings of an APNs app at a test server. */
export function apnsSettings(change: Partial<ApnsSettings> = {}): ApnsSettings {
	return { ...APNS_SETTINGS, ...change }
}

/** Settings of an FCM app at a test server. */
export function fcmSettings(change: Partial<FcmSettings> = {}): FcmSettings {
	return { ...FCM_SETTINGS, ...change }
}

export function pushApp(settings: PushAppSettings, version = 1): PushApp {
	const [id, tenantId] = ['app-1' as PushAppId, 'tenant-1' as TenantId]
	return { id, tenantId, name: 'phone', settings, version, createdAtMs: 0 }
}

/** A call push with ten seconds left. */
export function callAttempt(kind: PushTokenKind, change: Partial<PushAttempt> = {}): PushAttempt {
	return {
		pushId: 'push-1',
		intent: 'call',
		tenantId: 'tenant-1' as TenantId,
		deviceId: 'device-1' as DeviceId,
		token: {
			id: 'token-1' as PushTokenId,
			deviceId: 'device-1' as DeviceId,
			pushAppId: 'app-1' as PushAppId,
			kind,
			token: kind === 'fcm' ? 'fcm-token' : APNS_TOKEN,
			registeredAtMs: 0,
		},
		callId: 'call-1',
		sipCallId: 'abc@upstream',
		accountId: 'account-1',
		from: { uri: 'sip:bob@example.com', displayName: 'Bob' },
		to: 'sip:alice@example.com',
		deadlineMs: Date.now() + 10_000,
		...change,
	}
}
