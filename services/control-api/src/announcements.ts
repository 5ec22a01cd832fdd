import type { SignalPayload, SignalTopic } from '@vigil/contracts'
import type { AccountId, Device, PushAppId, SupersededDevice, TenantId } from '@vigil/domain'
import type { ControlApiDeps } from './deps.ts'

type NudgeDeps = Pick<ControlApiDeps, 'signals' | 'clock' | 'logger'>
type AnnounceDeps = NudgeDeps & Pick<ControlApiDeps, 'stores'>

/** How long an answer waits for a signal to be on its way. */
const PATIENCE_MS = 50

/** Tells the owner of an account that its stored version has risen. Never throws. */
export function announceAccount(deps: NudgeDeps, accountId: AccountId): Promise<void> {
	return nudge(deps, 'account.changed', { accountId })
}

/** Tells the owners of a tenant's accounts that its settings have changed. Never throws. */
export function announceTenant(deps: NudgeDeps, tenantId: TenantId): Promise<void> {
	return nudge(deps, 'tenant.changed', { tenantId })
}

/**
 * Raises the versions of the accounts that a device serves, because what it states or can do has changed, and tells
 * their owners. Returns the new versions.
 */
export async function announceDevice(
	deps: AnnounceDeps,
	{ id: deviceId, tenantId }: Pick<Device, 'id' | 'tenantId'>,
	lines: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, number>> {
	const versions = lines.length === 0 ? new Map<AccountId, number>() : await deps.stores.accounts.touch(tenantId, lines)
	await Promise.all([
		nudge(deps, 'device.changed', { deviceId }),
		...lines.map((accountId) => announceAccount(deps, accountId)),
	])
	return versions
}

/** Tells the owners of accounts whose devices have lost their push tokens to another install; the versions have risen already. */
export async function announceSuperseded(deps: NudgeDeps, superseded: readonly SupersededDevice[]): Promise<void> {
	for (const { id, lines } of superseded) {
		deps.logger.info({ deviceId: id }, 'push tokens of the device were handed in by another install')
		await Promise.all([
			nudge(deps, 'device.changed', { deviceId: id }),
			...lines.map((accountId) => announceAccount(deps, accountId)),
		])
	}
}

/** Tells the dispatchers that a push app was made, changed or removed. */
export function announcePushApp(deps: NudgeDeps, pushAppId: PushAppId): Promise<void> {
	return nudge(deps, 'pushapp.changed', { pushAppId })
}

/**
 * A signal that cannot be sent is no failure of the request: what has changed is stored, and the owner's sweep finds it. Who asked
 * does not wait long for it either: within this process it is heard at once, and a queue that is away must not hold up an answer.
 */
async function nudge<Topic extends SignalTopic>(
	{ signals, clock, logger }: NudgeDeps,
	topic: Topic,
	payload: SignalPayload<Topic>,
): Promise<void> {
	const published = signals.publish(topic, payload).catch((error: unknown) => {
		logger.warn({ err: error, topic, ...payload }, 'could not send a signal')
	})
	const late = Promise.withResolvers<void>()
	const timer = clock.setTimer(PATIENCE_MS, late.resolve)
	await Promise.race([published, late.promise])
	clock.clearTimer(timer)
}
