import type { DeviceView, LineView, PushTokenView } from '@vigil/contracts'
import {
	type AccountId,
	type AccountStore,
	type Device,
	effectiveActivity,
	type PushApp,
	type PushAppStore,
	type PushToken,
} from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'
import { lineView } from './account-view.ts'
import { instant, optional, optionalInstant } from './instant.ts'

const SHOWN_TOKEN_CHARACTERS = 8

/** A push token as shown: enough of it to recognise, too little to use. */
function shortToken(token: string): string {
	return `${token.slice(0, Math.min(SHOWN_TOKEN_CHARACTERS, Math.floor(token.length / 4)))}...`
}

/** The lines of a device, in the device's order; an account removed meanwhile is left out. */
export async function lineViews(accounts: AccountStore, ids: readonly AccountId[]): Promise<LineView[]> {
	const loaded = await Promise.all(ids.map((id) => accounts.load(id)))
	return loaded.flatMap((account) => (account === undefined ? [] : [lineView(account)]))
}

interface ViewStores {
	readonly accounts: AccountStore
	readonly pushApps: PushAppStore
}

/** Devices of one tenant as shown, with the names of their push apps and lines. */
export async function deviceViews(
	{ stores, clock }: Pick<ControlApiDeps, 'clock'> & { readonly stores: ViewStores },
	devices: readonly Device[],
): Promise<DeviceView[]> {
	const [first] = devices
	if (first === undefined) return []
	const apps = await stores.pushApps.list(first.tenantId)
	const lineIds = [...new Set(devices.flatMap((device) => device.lines))]
	const lines = new Map((await lineViews(stores.accounts, lineIds)).map((line) => [line.accountId, line]))
	const nowMs = clock.wall()
	return devices.map((device) => deviceView(device, apps, lines, nowMs))
}

function deviceView(
	device: Device,
	apps: readonly PushApp[],
	lines: ReadonlyMap<string, LineView>,
	nowMs: number,
): DeviceView {
	return {
		id: device.id,
		platform: device.platform,
		...optional('name', device.name),
		instanceId: device.instanceId,
		activity: effectiveActivity(device, nowMs),
		activitySince: instant(device.activitySinceMs),
		...optionalInstant('leaseUntil', device.leaseUntilMs),
		...optionalInstant('lastContactAt', device.lastContactMs),
		registeredUpstream: device.registeredUpstream,
		pushTokens: device.pushTokens.map((token) => tokenView(token, apps)),
		lines: device.lines.flatMap((id) => lines.get(id) ?? []),
		createdAt: instant(device.createdAtMs),
	}
}

function tokenView(token: PushToken, apps: readonly PushApp[]): PushTokenView {
	return {
		id: token.id,
		app: apps.find((app) => app.id === token.pushAppId)?.name ?? 'removed',
		kind: token.kind,
		token: shortToken(token.token),
		registeredAt: instant(token.registeredAtMs),
		...optionalInstant('refusedAt', token.refusedAtMs),
		...optional('refusedReason', token.refusedReason),
		retired: token.retiredAtMs !== undefined,
		...optionalInstant('retiredAt', token.retiredAtMs),
		...optional('retiredReason', token.retiredReason),
	}
}
