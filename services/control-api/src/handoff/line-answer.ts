import type { NextStep } from '@vigil/contracts'
import type { DesiredHolding, DeviceActivity, Holder, HoldingReason, RegistrationStatus } from '@vigil/domain'

/** What the device says in a handoff, about itself and its own binding upstream. */
export interface Statement {
	readonly activity: DeviceActivity
	/** It is bound at the upstream server by itself. */
	readonly bound: boolean
	/** It said that it has removed its own binding. */
	readonly unregistered: boolean
}

/** Everything that the answer for one line follows from. */
export interface LineFacts {
	readonly statement: Statement
	readonly desired: DesiredHolding
	/** Another device of the same account is in the foreground and bound by itself. */
	readonly othersBound: boolean
	readonly status: RegistrationStatus
	/** The status answers to the state that this handoff brought about. */
	readonly current: boolean
}

export interface LineAnswer {
	readonly holder: Holder
	readonly next: NextStep
	/** The upstream server has done its part, or refused to; nothing more is waited for. */
	readonly settled: boolean
	/** Why, where the registration itself does not say. */
	readonly reason?: string
}

const NOT_HELD: Record<Exclude<HoldingReason, 'device-away' | 'devices-in-foreground'>, string> = {
	'account-disabled': 'the account is disabled',
	'push-off': 'push is turned off for the account',
	'no-wakeable-device': 'no device of the account has a live push token',
}

/**
 * Whether a status settles a handoff in mode 0, which is what the handoff waits for: to hold, the registrar has
 * answered one way or the other; not to hold, our binding is gone, or cannot be removed.
 */
export function isSettled(desired: DesiredHolding, status: RegistrationStatus): boolean {
	if (status.state === 'rejected' || status.state === 'failing') return true
	return status.state === (desired.hold ? 'registered' : 'unregistered')
}

/** A device that comes back is answered at once: it registers first, and we stay until it says that it has. */
export function needsNoWait(statement: Statement): boolean {
	return statement.activity === 'foreground' && !statement.bound
}

/** The answer for one line in mode 0 (standard). Pure. */
export function answerLine(facts: LineFacts): LineAnswer {
	const { statement, desired, status } = facts
	const settled = needsNoWait(statement) || (facts.current && isSettled(desired, status))
	const reason = status.reason === undefined ? notHeldReason(desired) : undefined
	return { holder: holderOf(facts), next: nextOf(facts, settled), settled, ...(reason === undefined ? {} : { reason }) }
}

function holderOf(facts: LineFacts): Holder {
	const service = holdsBinding(facts.status)
	const away = facts.statement.activity !== 'foreground'
	// A sleeping device is told to drop its own binding in the same answer, so it no longer counts once we hold.
	const device = facts.othersBound || (facts.statement.bound && !(away && service))
	return holderFrom(service, device)
}

/** Whether the service is bound upstream, as far as a status tells. */
export function holdsBinding(status: RegistrationStatus): boolean {
	return status.state === 'registered' || status.state === 'unregistering'
}

/** Who holds, from who is bound. */
export function holderFrom(service: boolean, device: boolean): Holder {
	if (service) return device ? 'both' : 'service'
	return device ? 'device' : 'none'
}

function nextOf({ statement, desired, status }: LineFacts, settled: boolean): NextStep {
	if (statement.activity === 'foreground') return statement.bound ? 'none' : 'register'
	const held = settled && desired.hold && status.state === 'registered'
	return held && !statement.unregistered ? 'unregister' : 'none'
}

function notHeldReason(desired: DesiredHolding): string | undefined {
	if (desired.reason === 'device-away' || desired.reason === 'devices-in-foreground') return undefined
	return NOT_HELD[desired.reason]
}
