import {
	type AccountId,
	type ActivityChange,
	type ActivityOutcome,
	type Device,
	type DeviceId,
	type DeviceStore,
	type DeviceWrite,
	DuplicateError,
	type KeptSipCredential,
	type NewDevice,
	Secret,
	type StatedActivity,
	type TenantId,
} from '@vigil/domain'
import { pageOf } from './pages.ts'
import { memoryPushTokens, replacePushTokens, requireApps } from './push-tokens.ts'
import { type DeviceRow, MissingReferenceError, present, type Tables } from './tables.ts'

/** Devices with their push tokens and lines. */
export function memoryDevices(tables: Tables): DeviceStore {
	const { devices, enrolments } = tables
	const load = (id: DeviceId) => devices.get(id)?.device
	const own = (tenantId: TenantId, id: DeviceId) => {
		const row = devices.get(id)
		return row?.device.tenantId === tenantId ? row : undefined
	}
	const byAccounts = (ids: readonly AccountId[], all: readonly Device[]) => {
		const found = ids.map((id) => [id, all.filter(({ lines }) => lines.includes(id))] as const)
		return new Map(found.filter(([, serving]) => serving.length > 0))
	}
	return {
		createEnrolment: async (enrolment) => {
			const { tenantId, accountId, codeDigest } = enrolment
			requireLine(tables, tenantId, accountId, `The tenant has no account ${accountId}.`)
			const nowMs = tables.nowMs()
			for (const [digest, known] of enrolments) {
				if (known.accountId === accountId && known.expiresAtMs <= nowMs) enrolments.delete(digest)
			}
			if (enrolments.has(codeDigest)) throw new DuplicateError('codeDigest', 'This enrolment code is in use.')
			enrolments.set(codeDigest, enrolment)
		},
		findEnrolment: async (codeDigest) => {
			const found = enrolments.get(codeDigest)
			if (!found || found.expiresAtMs <= tables.nowMs()) return undefined
			return { tenantId: found.tenantId, accountId: found.accountId }
		},
		enrol: async (codeDigest, device) => {
			if (!isFor(tables, codeDigest, device.lines[0])) return undefined
			const made = create(tables, device)
			enrolments.delete(codeDigest)
			return made
		},
		enrolLine: async (codeDigest, device, accountId) => {
			if (!isFor(tables, codeDigest, accountId)) return false
			addLine(tables, device, accountId)
			enrolments.delete(codeDigest)
			return true
		},
		create: async (device) => create(tables, device),
		addLine: async (tenantId, id, accountId) => addLine(tables, { tenantId, id }, accountId),
		find: async (tenantId, id) => own(tenantId, id)?.device,
		findByToken: async (digest) => [...devices.values()].find(({ tokenDigest }) => tokenDigest === digest)?.device,
		list: async (tenantId, { accountId, platform, pushAppId }, page) =>
			pageOf(
				'devices',
				[...devices.values()]
					.map(({ device }) => device)
					.filter(
						(device) =>
							device.tenantId === tenantId &&
							(accountId === undefined || device.lines.includes(accountId)) &&
							(platform === undefined || device.platform === platform) &&
							(pushAppId === undefined ||
								device.pushTokens.some((token) => token.pushAppId === pushAppId && token.retiredAtMs === undefined)),
					),
				page,
				({ createdAtMs: at, id }) => ({ at, id }),
			),
		load: async (id) => load(id),
		findByAccounts: async (tenantId, ids) =>
			byAccounts(
				ids,
				[...devices.values()].map(({ device }) => device).filter((device) => device.tenantId === tenantId),
			),
		loadByAccounts: async (ids) =>
			byAccounts(
				ids,
				[...devices.values()].map(({ device }) => device),
			),
		openSipCredential: async (id) => {
			const kept = keptCredential(tables, id)
			return kept && openKept(kept)
		},
		keptSipCredentials: async (ids) =>
			new Map(
				ids.flatMap((id) => {
					const kept = keptCredential(tables, id)
					return kept ? [[id, kept] as const] : []
				}),
			),
		openKept: (_id, kept) => openKept(kept),
		noteAnsweredOffer: async (id, answeredOffer) => {
			const row = devices.get(id)
			if (row) devices.set(id, { answeredOffer, ...row })
		},
		change: async (tenantId, id, { name, pushTokens }) => {
			const row = own(tenantId, id)
			if (!row) return undefined
			if (pushTokens) requireApps(tables, row.device, pushTokens)
			if (name !== undefined) devices.set(id, { ...row, device: { ...row.device, name } })
			const superseded = pushTokens ? replacePushTokens(tables, id, pushTokens) : []
			return { device: load(id) as Device, superseded }
		},
		setActivity: async (tenantId, id, change) => setActivity(tables, own(tenantId, id), change),
		remove: async (tenantId, id) => {
			const row = own(tenantId, id)
			if (!row) return false
			tables.removed.set(row.tokenDigest, tables.nowMs())
			tables.bindings.delete(id)
			tables.seen.delete(id)
			return devices.delete(id)
		},
		removedAtMs: async (digest) => tables.removed.get(digest),
		...memoryPushTokens(tables),
	}
}

function create(tables: Tables, wanted: NewDevice): DeviceWrite {
	const { tokenDigest, sipSecret, pushTokens, lines, ...fields } = wanted
	if (!tables.tenants.has(fields.tenantId)) throw new MissingReferenceError('The tenant does not exist.')
	for (const { tokenDigest: taken } of tables.devices.values()) {
		if (taken === tokenDigest) throw new DuplicateError('tokenDigest', 'Another device has this token.')
	}
	for (const line of lines) requireLine(tables, fields.tenantId, line)
	requireApps(tables, fields, pushTokens)
	const nowMs = tables.nowMs()
	const id = tables.newId('dev') as DeviceId
	const device: Device = {
		...fields,
		id,
		activity: 'foreground',
		activitySinceMs: nowMs,
		registeredUpstream: false,
		unregisteredUpstream: false,
		createdAtMs: nowMs,
		pushTokens: [],
		lines: [...new Set(lines)],
	}
	const lineSinceMs = new Map(lines.map((line) => [line, nowMs]))
	tables.devices.set(id, { device: present<Device>(device), tokenDigest, sipSecret, lineSinceMs })
	const superseded = replacePushTokens(tables, id, pushTokens)
	return { device: tables.devices.get(id)?.device as Device, superseded }
}

function requireLine(
	{ accounts }: Tables,
	tenantId: string,
	line: AccountId,
	message = 'A line names an account that the tenant does not have.',
): void {
	if (accounts.get(line)?.tenantId !== tenantId) throw new MissingReferenceError(message)
}

function addLine(tables: Tables, { id, tenantId }: Pick<Device, 'id' | 'tenantId'>, accountId: AccountId): void {
	const row = tables.devices.get(id)
	if (row?.device.tenantId !== tenantId) throw new MissingReferenceError(`There is no device ${id}.`)
	requireLine(tables, tenantId, accountId)
	if (row.device.lines.includes(accountId)) return
	const device = { ...row.device, lines: [...row.device.lines, accountId] }
	tables.devices.set(id, { ...row, device, lineSinceMs: new Map(row.lineSinceMs).set(accountId, tables.nowMs()) })
}

function isFor(tables: Tables, codeDigest: string, accountId: AccountId | undefined): boolean {
	const code = tables.enrolments.get(codeDigest)
	if (!code || code.accountId !== accountId || code.expiresAtMs <= tables.nowMs()) return false
	return tables.accounts.get(code.accountId)?.disabled === false
}

/** Nothing is sealed here: what is kept is the secret as it is. */
function keptCredential(tables: Tables, id: DeviceId): KeptSipCredential | undefined {
	const row = tables.devices.get(id)
	if (!row) return undefined
	const digestAlgorithms = row.device.pushTokens
		.map(({ pushAppId }) => tables.pushApps.get(pushAppId)?.app.settings.digestAlgorithms)
		.find((stated) => stated !== undefined)
	return {
		sealed: row.sipSecret.reveal(),
		...(digestAlgorithms && { digestAlgorithms }),
		...(row.answeredOffer && { answeredOffer: row.answeredOffer }),
	}
}

function openKept({ sealed, ...digests }: KeptSipCredential) {
	return { secret: new Secret(sealed), ...digests }
}

function setActivity(tables: Tables, row: DeviceRow | undefined, change: ActivityChange): ActivityOutcome | undefined {
	if (!row) return undefined
	const { activity, registeredUpstream, unregisteredUpstream = false, swapsContacts, leaseUntilMs } = row.device
	const { sequence } = row.device
	if (sequence !== undefined && change.sequence !== undefined && sequence > change.sequence)
		return { device: row.device }
	const device = present<Device>({
		...row.device,
		activity: change.activity,
		activitySinceMs: tables.nowMs(),
		registeredUpstream: change.registeredUpstream,
		unregisteredUpstream: change.unregisteredUpstream ?? false,
		swapsContacts: change.swapsContacts,
		leaseUntilMs: change.leaseUntilMs,
		sequence: change.sequence ?? sequence,
	})
	tables.devices.set(device.id, { ...row, device })
	const before = { activity, registeredUpstream, unregisteredUpstream, swapsContacts, leaseUntilMs }
	return { device, before: present<StatedActivity>(before) }
}
