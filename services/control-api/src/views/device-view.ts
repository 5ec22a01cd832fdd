import type { DeviceView, LineView, PushTokenView } from '@vigil/contracts'
import {
	type AccountId,
	type AccountStore,
	type Device,
	effectiveActivity,
	type PushAppId,
	type PushAppStore,
	type PushToken,
	type TenantId,
} from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'
import { lineView } from './account-view.ts'
import { instant, optional, optionalInstant } from './instant.ts'

const SHOWN_TOKEN_CHARACTERS = 8

/** A push token as shown: enough of it to recognise, too little to use. */
function shortToken(token: string): string {
	return `${token.slice(0, Math.min(SHOWN_TOKEN_CHARACTERS, Math.floor(token.length / 4)))}...`
}

/** Lines of a tenant's devices, in the order of the ids; an account removed meanwhile is left out. */
export async function lineViews(
	accounts: AccountStore,
	tenantId: TenantId,
	ids: readonly AccountId[],
): Promise<LineView[]> {
	const found = new Map((await accounts.findMany(tenantId, ids)).map((account) => [account.id, account]))
	return ids.flatMap((id) => {
		const account = found.get(id)
		return account === undefined ? [] : [lineView(account)]
	})
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
	const { tenantId } = first
	const appIds = new Set(devices.flatMap(({ pushTokens }) => pushTokens.map(({ pushAppId }) => pushAppId)))
	const lineIds = new Set(devices.flatMap((device) => device.lines))
	const [apps, views] = await Promise.all([
		stores.pushApps.findMany(tenantId, [...appIds]),
		lineViews(stores.accounts, tenantId, [...lineIds]),
	])
	const names = new Map(apps.map(({ id, name }) => [id, name]))
	const lines = new Map(views.map((line) => [line.accountId, line]))
	const nowMs = clock.wall()
	return devices.map((device) => deviceView(device, names, lines, nowMs))
}

function deviceView(
	device: Device,
	appNames: ReadonlyMap<PushAppId, string>,
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
		pushTokens: device.pushTokens.map((token) => tokenView(token, appNames)),
		lines: device.lines.flatMap((id) => lines.get(id) ?? []),
		createdAt: instant(device.createdAtMs),
	}
}

function tokenView(token: PushToken, appNames: ReadonlyMap<PushAppId, string>): PushTokenView {
	return {
		id: token.id,
		app: appNames.get(token.pushAppId) ?? 'removed',
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
