import type { PushAppView } from '@vigil/contracts'
import type { PushApp, PushAppHealth, PushAppStore, TenantId } from '@vigil/domain'
import { instant, optional, optionalInstant } from './instant.ts'

/** Push apps of one tenant as shown, with how their pushes fare; their secrets are never read here. */
export async function pushAppViews(
	store: Pick<PushAppStore, 'health'>,
	tenantId: TenantId,
	apps: readonly PushApp[],
): Promise<PushAppView[]> {
	const health = await store.health(
		tenantId,
		apps.map(({ id }) => id),
	)
	return apps.map((app) => pushAppView(app, health.get(app.id)))
}

/** A push app as shown. */
export function pushAppView(app: PushApp, health?: PushAppHealth): PushAppView {
	return {
		id: app.id,
		name: app.name,
		version: app.version,
		createdAt: instant(app.createdAtMs),
		...app.settings,
		...optional('health', health && healthView(health)),
	}
}

function healthView(health: PushAppHealth): NonNullable<PushAppView['health']> {
	const { state, sinceMs, failures, acceptedAtMs, failedAtMs, failure, reason, providerStatus } = health
	const lastFailure =
		failedAtMs === undefined || failure === undefined
			? undefined
			: {
					at: instant(failedAtMs),
					kind: failure,
					...optional('reason', reason),
					...optional('providerStatus', providerStatus),
				}
	return {
		state,
		since: instant(sinceMs),
		failures,
		...optionalInstant('acceptedAt', acceptedAtMs),
		...optional('lastFailure', lastFailure),
	}
}
