import type { SignalPayload, SignalTopic } from '@vigil/contracts'
import type { AccountId, CallId, DeviceBinding, DeviceId } from '@vigil/domain'
import type { WorkerSignals } from './worker-ports.ts'

/** What the worker does on each signal. */
export interface SignalReactions {
	accountChanged(id: AccountId): void
	attached(binding: Omit<DeviceBinding, 'expiresAtMs'>): void
	detached(deviceId: DeviceId, bindingId: string): void
	deviceChanged(id: DeviceId): void
	/** The settings of a tenant. */
	tenantChanged(): void
	/** No push can wake the device for this call. */
	markUnreachableByPush(callId: CallId, deviceId: DeviceId): void
	declined(callId: CallId, deviceId: DeviceId | undefined): void
}

/** Outcomes after which no further push to the device is tried for the call. */
const HOPELESS: ReadonlySet<string> = new Set(['dead-token', 'misconfigured', 'rejected'])

/** Subscribes to every topic that concerns a worker; returns what ends all of them. */
export async function subscribeWorker(signals: WorkerSignals, react: SignalReactions): Promise<() => Promise<void>> {
	const on = <Topic extends SignalTopic>(topic: Topic, handler: (payload: SignalPayload<Topic>) => void) =>
		signals.subscribe(topic, handler)
	const subscriptions = await Promise.all([
		on('account.changed', ({ accountId }) => react.accountChanged(accountId as AccountId)),
		on('device.attached', ({ deviceId, bindingId, route, contact, atMs }) =>
			react.attached({ deviceId: deviceId as DeviceId, bindingId, route, contact, attachedAtMs: atMs }),
		),
		on('device.detached', ({ deviceId, bindingId }) => react.detached(deviceId as DeviceId, bindingId)),
		on('device.changed', ({ deviceId }) => react.deviceChanged(deviceId as DeviceId)),
		on('tenant.changed', () => react.tenantChanged()),
		on('push.outcome', ({ callId, deviceId, outcome }) => {
			if (HOPELESS.has(outcome)) react.markUnreachableByPush(callId as CallId, deviceId as DeviceId)
		}),
		on('call.declined', ({ callId, deviceId }) => react.declined(callId as CallId, deviceId as DeviceId | undefined)),
	])
	return async () => {
		await Promise.all(subscriptions.map((unsubscribe) => unsubscribe()))
	}
}
