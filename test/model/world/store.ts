import {
	type Account,
	type AccountId,
	DEFAULT_ATTRIBUTES,
	type Decision,
	type Device,
	type DeviceActivity,
	type DeviceId,
	holdingDevice,
	initialRegistrationStatus,
	type PushAppId,
	type PushToken,
	type PushTokenId,
	type RegistrationStatus,
	type TenantId,
} from '@vigil/domain'
import type { Scenario } from '../scenario/scenario.ts'
import type { Agenda } from './agenda.ts'
import type { Rules } from './rules.ts'

/** What an app says in a handoff. */
export interface Statement {
	readonly state: DeviceActivity
	readonly registered: boolean
	readonly unregistered: boolean
	readonly sequence: number
	readonly leaseSeconds: number
	readonly swapsContacts: boolean
}

/** What a handoff is answered with, as far as the model's apps look at it. */
export interface HandoffAnswer {
	readonly sequence: number
	readonly next: ReturnType<Rules['answerLine']>['next']
	readonly settled: boolean
	/** With `register`: the contact that goes with it, to be removed. */
	readonly replaceContact: string | undefined
	/** When the foreground of that device lapses, as the store has it. */
	readonly leaseUntilMs: number
	/** The account's era in which the answer was given. */
	readonly era: number
}

/**
 * The database and the control API in front of it: one account with its devices, their statements, the status that the
 * worker has written, and the answers that follow from these.
 */
export class Store {
	account: Account
	readonly devices: Device[]
	status: RegistrationStatus
	/** Counts the account's modes and switches: what was decided before is not judged by the rules of now. */
	era = 0
	eraSinceMs = 0
	/** The highest number that has arrived, by device. */
	readonly highest: number[]
	/** Tells the worker that the account has changed. */
	onChange: () => void = () => {}
	/** A lease has ended: the worker's sweep over lapsed leases finds it. */
	onLapse: () => void = () => {}
	readonly #rules: Rules
	readonly #agenda: Agenda

	constructor(scenario: Scenario, rules: Rules, agenda: Agenda) {
		this.#rules = rules
		this.#agenda = agenda
		this.account = newAccount(scenario)
		this.devices = Array.from({ length: scenario.phones }, (_, number) => newDevice(number))
		this.highest = this.devices.map(() => -1)
		this.status = initialRegistrationStatus(0)
	}

	/** Who should hold now, by what the store knows. */
	decision(): Decision {
		const { attributes, disabled } = this.account
		return this.#rules.decide({
			mode: attributes.registrationMode,
			enabled: attributes.pushEnabled && !disabled,
			devices: this.believed().map(holdingDevice),
		})
	}

	/** The devices with their effective activity. */
	believed(): Device[] {
		const now = this.#agenda.nowMs
		return this.devices.map((device) => {
			const activity = this.#rules.effectiveActivity(device, now)
			return activity === device.activity ? device : { ...device, activity }
		})
	}

	/** A change of the account that changes the rules by which it is held. */
	changeRules(change: Partial<Account>): void {
		this.era++
		this.eraSinceMs = this.#agenda.nowMs
		this.change(change)
	}

	/** A change of the account by its tenant. */
	change(change: Partial<Account>): void {
		this.account = { ...this.account, ...change, version: this.account.version + 1 }
		this.onChange()
	}

	changeDevice(number: number, change: Partial<Device>): void {
		this.devices[number] = { ...(this.devices[number] as Device), ...change }
		this.changeRules({})
	}

	/** Takes a statement down as the control API and the database do. */
	handoff(number: number, statement: Statement): HandoffAnswer {
		const before = this.devices[number] as Device
		const now = this.#agenda.nowMs
		const { state, registered, unregistered, sequence } = statement
		this.highest[number] = Math.max(this.highest[number] as number, sequence)
		if (this.#rules.isSuperseded(before.sequence, sequence)) return this.answer(number, sequence)
		const foreground = state === 'foreground'
		const { leaseUntilMs: _old, ...rest } = before
		const leaseUntilMs = foreground ? this.#rules.leaseEndMs(now, statement.leaseSeconds, 0) : undefined
		const after: Device = {
			...rest,
			activity: state,
			registeredUpstream: registered && foreground,
			unregisteredUpstream: unregistered,
			swapsContacts: statement.swapsContacts,
			sequence,
			...(leaseUntilMs === undefined ? {} : { leaseUntilMs }),
		}
		this.devices[number] = after
		if (leaseUntilMs !== undefined) this.#watchLease(number, leaseUntilMs)
		if (!this.#rules.isRenewal(before, after, now)) this.change({})
		return this.answer(number, sequence, registered)
	}

	/** How the last handoff of the device stands. */
	answer(number: number, sequence: number, registered?: boolean): HandoffAnswer {
		const devices = this.believed()
		const device = devices[number] as Device
		const statement = {
			activity: device.activity,
			bound: registered ?? device.registeredUpstream,
			unregistered: device.unregisteredUpstream ?? false,
		}
		const line = { account: this.account, devices, device, statement }
		const { next, settled, replaceContact } = this.#rules.answerLine(
			this.#rules.lineFacts(line, this.status, this.account.version),
		)
		const { leaseUntilMs = 0 } = this.devices[number] as Device
		return { sequence, next, settled, replaceContact, leaseUntilMs, era: this.era }
	}

	#watchLease(number: number, untilMs: number): void {
		this.#agenda.plan(untilMs - this.#agenda.nowMs, () => {
			if (this.devices[number]?.leaseUntilMs === untilMs) this.onLapse()
		})
	}
}

const TENANT = 'ten_1' as TenantId
const ACCOUNT = 'acc_1' as AccountId

function newAccount({ mode, contactSwap }: Scenario): Account {
	const swap = contactSwap === undefined ? {} : { contactSwap }
	return {
		id: ACCOUNT,
		tenantId: TENANT,
		username: 'alice',
		domain: 'example.com',
		transport: 'udp',
		attributes: { ...DEFAULT_ATTRIBUTES, registrationMode: mode, ...swap },
		contactToken: 'vigil',
		registrationGeneration: 1,
		credentialVersion: 1,
		version: 1,
		disabled: false,
		createdAtMs: 0,
	}
}

function newDevice(number: number): Device {
	const id = `dev_${number}` as DeviceId
	return {
		id,
		tenantId: TENANT,
		platform: 'ios',
		instanceId: `urn:uuid:${number}`,
		activity: 'background',
		activitySinceMs: 0,
		registeredUpstream: false,
		pushTokens: [pushToken(id)],
		lines: [ACCOUNT],
		createdAtMs: 0,
	}
}

/** The token that wakes a device. */
export function pushToken(deviceId: DeviceId): PushToken {
	return {
		id: `tok_${deviceId}` as PushTokenId,
		deviceId,
		pushAppId: 'app_1' as PushAppId,
		kind: 'voip',
		token: 'ab',
		registeredAtMs: 0,
	}
}
