import type {
	AccountId,
	Device,
	DeviceId,
	DeviceStore,
	NewPushToken,
	PushToken,
	PushTokenId,
	SupersededDevice,
	TenantId,
} from '@vigil/domain'
import { MissingReferenceError, type Tables } from './tables.ts'

const ANOTHER_INSTALL = 'handed in by another install'

type OfTokens = 'findPushToken' | 'retirePushToken' | 'notePushAccepted' | 'notePushRefused'

/** The part of the device store that deals with single tokens. */
export function memoryPushTokens(tables: Tables): Pick<DeviceStore, OfTokens> {
	const find = (
		tenantId: TenantId,
		id: PushTokenId,
	): { readonly device: Device; readonly token: PushToken } | undefined => {
		for (const { device } of tables.devices.values()) {
			if (device.tenantId !== tenantId) continue
			const token = device.pushTokens.find((one) => one.id === id)
			if (token) return { device, token }
		}
		return undefined
	}
	const replace = (
		tenantId: TenantId,
		id: PushTokenId,
		change: (token: PushToken) => PushToken | undefined,
	): AccountId[] | undefined => {
		const found = find(tenantId, id)
		const changed = found && change(found.token)
		if (!found || !changed) return undefined
		setTokens(
			tables,
			found.device.id,
			found.device.pushTokens.map((token) => (token.id === id ? changed : token)),
		)
		return [...found.device.lines]
	}
	return {
		findPushToken: async (tenantId, id) => find(tenantId, id)?.token,
		retirePushToken: async (tenantId, id, reason, notAfterMs) => {
			const served = replace(tenantId, id, (token) =>
				token.retiredAtMs !== undefined || token.registeredAtMs > notAfterMs
					? undefined
					: { ...token, retiredAtMs: tables.nowMs(), retiredReason: reason },
			)
			if (served) tables.raiseVersions(served)
			return served !== undefined
		},
		notePushAccepted: async (tenantId, id) => {
			replace(tenantId, id, ({ refusedAtMs: _at, refusedReason: _reason, ...token }) => ({
				...token,
				acceptedAtMs: token.acceptedAtMs ?? tables.nowMs(),
			}))
		},
		notePushRefused: async (tenantId, id, reason) => {
			replace(tenantId, id, (token) =>
				token.retiredAtMs === undefined
					? { ...token, refusedAtMs: token.refusedAtMs ?? tables.nowMs(), refusedReason: reason }
					: undefined,
			)
		},
	}
}

/**
 * Makes these the device's live tokens, and nobody else's. One that it has already keeps its id and counts as handed in now; retired
 * ones that are not among them stay as evidence. Returns the devices that have lost theirs.
 */
export function replacePushTokens(
	tables: Tables,
	deviceId: DeviceId,
	tokens: readonly NewPushToken[],
): readonly SupersededDevice[] {
	const device = tables.devices.get(deviceId)?.device
	if (!device) return []
	requireApps(tables, device, tokens)
	const superseded = takeFromOthers(tables, deviceId, tokens)
	const isSame = (one: NewPushToken, other: NewPushToken) =>
		one.pushAppId === other.pushAppId && one.kind === other.kind && one.token === other.token
	const unique = tokens.filter((token, at) => tokens.findIndex((other) => isSame(token, other)) === at)
	const retired = device.pushTokens.filter(
		(token) => token.retiredAtMs !== undefined && !unique.some((wanted) => isSame(token, wanted)),
	)
	const live = unique.map((wanted): PushToken => {
		const known = device.pushTokens.find((token) => isSame(token, wanted))
		const acceptedAtMs = known?.acceptedAtMs
		return {
			id: known?.id ?? (tables.newId('tok') as PushTokenId),
			deviceId,
			pushAppId: wanted.pushAppId,
			kind: wanted.kind,
			token: wanted.token,
			registeredAtMs: tables.nowMs(),
			...(acceptedAtMs !== undefined && { acceptedAtMs }),
		}
	})
	setTokens(tables, deviceId, [...retired, ...live])
	return superseded
}

/** Throws MissingReferenceError for a push app that the tenant does not have. */
export function requireApps(
	tables: Tables,
	{ tenantId }: Pick<Device, 'tenantId'>,
	tokens: readonly NewPushToken[],
): void {
	for (const { pushAppId } of tokens) {
		if (tables.pushApps.get(pushAppId)?.app.tenantId === tenantId) continue
		throw new MissingReferenceError('A push token names a push app that the tenant does not have.')
	}
}

/** A token names one install: whoever had it is an earlier one of the same phone, and so is all else that it handed in for that app. */
function takeFromOthers(
	tables: Tables,
	deviceId: DeviceId,
	tokens: readonly NewPushToken[],
): readonly SupersededDevice[] {
	const superseded: SupersededDevice[] = []
	const isLive = ({ retiredAtMs }: PushToken) => retiredAtMs === undefined
	for (const { device } of [...tables.devices.values()]) {
		if (device.id === deviceId) continue
		const lost = new Set(
			device.pushTokens
				.filter(
					(one) =>
						isLive(one) && tokens.some(({ pushAppId, token }) => one.pushAppId === pushAppId && one.token === token),
				)
				.map(({ pushAppId }) => pushAppId),
		)
		if (lost.size === 0) continue
		const retiredAtMs = tables.nowMs()
		const left = device.pushTokens.map((one) =>
			isLive(one) && lost.has(one.pushAppId) ? { ...one, retiredAtMs, retiredReason: ANOTHER_INSTALL } : one,
		)
		setTokens(tables, device.id, left)
		tables.raiseVersions(device.lines)
		superseded.push({ id: device.id, lines: device.lines })
	}
	return superseded.sort((one, other) => (one.id < other.id ? -1 : 1))
}

function setTokens(tables: Tables, id: DeviceId, pushTokens: readonly PushToken[]): void {
	const row = tables.devices.get(id)
	const sorted = pushTokens.toSorted(
		(one, other) => one.registeredAtMs - other.registeredAtMs || (one.id < other.id ? -1 : 1),
	)
	if (row) tables.devices.set(id, { ...row, device: { ...row.device, pushTokens: sorted } })
}
