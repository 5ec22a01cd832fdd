import type { DeviceBinding } from '../device/binding.ts'
import type { Device, DeviceActivity, Platform, PushToken } from '../device/device.ts'
import type { PushTokenKind } from '../device/push-token-kinds.ts'
import type { DigestOffer, KeptSipCredential, SipCredential } from '../device/sip-credential.ts'
import type { AccountId, DeviceId, PushAppId, PushTokenId, TenantId } from '../ids.ts'
import type { Secret } from '../secret.ts'
import type { Page, PageRequest } from './page.ts'

export interface NewPushToken {
	readonly pushAppId: PushAppId
	readonly kind: PushTokenKind
	readonly token: string
}

export interface NewDevice {
	readonly tenantId: TenantId
	readonly platform: Platform
	readonly name?: string
	readonly instanceId: string
	/** SHA-256 of the bearer token that the device uses at the control API. */
	readonly tokenDigest: string
	/** Password that the device uses at the edge; sealed at rest. */
	readonly sipSecret: Secret
	readonly pushTokens: readonly NewPushToken[]
	readonly lines: readonly AccountId[]
}

export interface DeviceChange {
	readonly name?: string
	/** Replaces the whole set of live tokens: unchanged ones stay, the rest are removed. */
	readonly pushTokens?: readonly NewPushToken[]
}

/** A device that another install has taken the place of: it handed in a push token of this one. */
export interface SupersededDevice {
	readonly id: DeviceId
	readonly lines: readonly AccountId[]
}

/** What a write of a device came to. */
export interface DeviceWrite {
	/** The device as it is then. */
	readonly device: Device
	/** Devices that have lost their push tokens by it. The version of each account that they serve has risen. */
	readonly superseded: readonly SupersededDevice[]
}

export interface ActivityChange {
	readonly activity: DeviceActivity
	readonly registeredUpstream: boolean
	readonly unregisteredUpstream?: boolean
	readonly swapsContacts?: boolean
	/** Absent for a statement that does not lapse; it ends the lease of the one before. */
	readonly leaseUntilMs?: number
	/** The app's own number of the statement; one below the highest seen changes nothing. */
	readonly sequence?: number
}

/** What a device states of itself. */
export type StatedActivity = Pick<
	Device,
	'activity' | 'registeredUpstream' | 'unregisteredUpstream' | 'swapsContacts' | 'leaseUntilMs'
>

/** What became of a statement. */
export interface ActivityOutcome {
	/** The device as it is then. */
	readonly device: Device
	/** What this statement has replaced; absent when it changed nothing, because one of a higher sequence was first. */
	readonly before?: StatedActivity
}

/** A code that lets one app install enrol for one account. */
export interface Enrolment {
	readonly tenantId: TenantId
	readonly accountId: AccountId
	readonly codeDigest: string
	readonly expiresAtMs: number
}

export interface DeviceFilter {
	/** Devices that serve the account. */
	readonly accountId?: AccountId
	readonly platform?: Platform
	/** Devices with a live push token of the app. */
	readonly pushAppId?: PushAppId
}

export interface DeviceStore {
	createEnrolment(enrolment: Enrolment): Promise<void>
	/** What the code is for; undefined when unknown, used or expired. It stays as it is. */
	findEnrolment(codeDigest: string): Promise<{ tenantId: TenantId; accountId: AccountId } | undefined>
	/**
	 * Uses the code up and creates the device, both or neither; undefined when the code is unknown, used or expired, or is not for the
	 * account of the device's one line. A refusal leaves the code what it has of its life.
	 */
	enrol(codeDigest: string, device: NewDevice): Promise<DeviceWrite | undefined>
	/** Uses the code up and adds its account to the lines of the device, both or neither; false when the code is none for it. */
	enrolLine(codeDigest: string, device: Pick<Device, 'id' | 'tenantId'>, accountId: AccountId): Promise<boolean>
	/** A push token belongs to the device that handed it in last. */
	create(device: NewDevice): Promise<DeviceWrite>
	/** Adds a line to a device of the same tenant; a line it has already is no error. */
	addLine(tenantId: TenantId, deviceId: DeviceId, accountId: AccountId): Promise<void>
	find(tenantId: TenantId, id: DeviceId): Promise<Device | undefined>
	findByToken(tokenDigest: string): Promise<Device | undefined>
	/** Oldest first. A page may hold fewer than asked for though another follows: the search for what the filter wants is bounded. */
	list(tenantId: TenantId, filter: DeviceFilter, page: PageRequest): Promise<Page<Device>>
	load(id: DeviceId): Promise<Device | undefined>
	/** Devices of accounts of the tenant; accounts without any have no entry. */
	findByAccounts(
		tenantId: TenantId,
		accountIds: readonly AccountId[],
	): Promise<ReadonlyMap<AccountId, readonly Device[]>>
	/** The same for accounts of all tenants, for their owner. */
	loadByAccounts(accountIds: readonly AccountId[]): Promise<ReadonlyMap<AccountId, readonly Device[]>>
	/** For the edge: the SIP password of the device, and by which digests it can be asked for it. */
	openSipCredential(id: DeviceId): Promise<SipCredential | undefined>
	/** The sealed credentials of devices, for who keeps them; those of devices that are gone are missing. */
	keptSipCredentials(ids: readonly DeviceId[]): Promise<ReadonlyMap<DeviceId, KeptSipCredential>>
	/** Opens what was kept; needs no store. */
	openKept(id: DeviceId, kept: KeptSipCredential): SipCredential
	/** Remembers the first offer of digests that the device has answered; later ones change nothing. */
	noteAnsweredOffer(id: DeviceId, offer: DigestOffer): Promise<void>
	change(tenantId: TenantId, id: DeviceId, change: DeviceChange): Promise<DeviceWrite | undefined>
	/** Takes a statement down; undefined when the device is gone. Statements come one after the other, also those at once. */
	setActivity(tenantId: TenantId, id: DeviceId, change: ActivityChange): Promise<ActivityOutcome | undefined>
	/** Removes the device; `removedAtMs` remembers its bearer token for half a year. */
	remove(tenantId: TenantId, id: DeviceId): Promise<boolean>
	/** When the device with this bearer token was removed, epoch milliseconds; undefined when none was. */
	removedAtMs(tokenDigest: string): Promise<number | undefined>
	findPushToken(tenantId: TenantId, id: PushTokenId): Promise<PushToken | undefined>
	/**
	 * Retires the token unless it was handed in again after `notAfterMs`; true when it was retired. The version of each account
	 * that the device serves has risen then.
	 */
	retirePushToken(tenantId: TenantId, id: PushTokenId, reason: string, notAfterMs: number): Promise<boolean>
	/** The provider has taken a push for the token; what was noted of a refusal is over. */
	notePushAccepted(tenantId: TenantId, id: PushTokenId): Promise<void>
	/** The provider refuses the token, and the push app's set-up may be why. Noted once until the words change. */
	notePushRefused(tenantId: TenantId, id: PushTokenId, reason: string): Promise<void>
}

/** Which devices are attached at which edge; written on change only. */
export interface BindingStore {
	save(binding: DeviceBinding): Promise<void>
	/** Removes the binding only if it is still this one. */
	remove(deviceId: DeviceId, bindingId: string): Promise<boolean>
	/** Removes what an edge left when it was last stopped; routes begin with the edge's own URI. */
	removeByEdge(edgeUri: string): Promise<number>
	list(deviceIds: readonly DeviceId[], nowMs: number): Promise<readonly DeviceBinding[]>
}
