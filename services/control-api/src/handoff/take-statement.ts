import type { HandoffRequest } from '@vigil/contracts'
import {
	type ActivityChange,
	type Device,
	type HandoffStatement,
	isRenewal,
	leaseEndMs,
	withEffectiveActivity,
} from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'
import { conflict } from '../problems/problem-error.ts'
import { settingsOf } from '../tenant-settings.ts'

type StatementDeps = Pick<ControlApiDeps, 'stores' | 'clock' | 'tenantDefaults'>

/** A statement as it was taken down. */
export interface TakenStatement {
	/** The device as it is then. */
	readonly device: Device
	readonly statement: HandoffStatement
	/**
	 * `changed`: the owners of its lines have something to do; `renewed`: only a lease goes on; `superseded`: a statement of
	 * a higher number had come first, and the device's present state is another.
	 */
	readonly effect: 'changed' | 'renewed' | 'superseded'
}

/**
 * Stores what a device states. The last stated intent wins: that is the highest number where the app numbers its
 * statements, else the last to arrive.
 *
 * @throws {RequestProblem} 409 when the device was removed meanwhile.
 */
export async function takeStatement(
	deps: StatementDeps,
	known: Device,
	request: HandoffRequest,
): Promise<TakenStatement> {
	const statement = statementOf(known, request)
	const change = await changeOf(deps, known, statement, request)
	const outcome = await deps.stores.devices.setActivity(known.tenantId, known.id, change)
	if (outcome === undefined) throw conflict('The device was removed: enrol it anew.')
	const { device, before } = outcome
	const nowMs = deps.clock.wall()
	if (before === undefined) return { device, statement: presentStatement(device, nowMs), effect: 'superseded' }
	return { device, statement, effect: isRenewal(before, device, nowMs) ? 'renewed' : 'changed' }
}

/** What the device has last stated, as far as it still holds. */
export function presentStatement(device: Device, nowMs: number): HandoffStatement {
	const { activity, registeredUpstream, unregisteredUpstream = false } = withEffectiveActivity(device, nowMs)
	return { activity, bound: registeredUpstream, unregistered: unregisteredUpstream }
}

/** A device that says nothing about its own binding has the one that it spoke of last. */
function statementOf(device: Device, request: HandoffRequest): HandoffStatement {
	const unregistered = request.unregistered === true
	const silent = request.state === 'foreground' ? false : device.registeredUpstream
	return { activity: request.state, unregistered, bound: !unregistered && (request.registered ?? silent) }
}

async function changeOf(
	deps: StatementDeps,
	device: Device,
	{ activity, bound, unregistered }: HandoffStatement,
	{ leaseSeconds, sequence, swapsContacts }: HandoffRequest,
): Promise<ActivityChange> {
	const leaseUntilMs = activity === 'foreground' ? await leaseEnd(deps, device, leaseSeconds) : undefined
	return {
		activity,
		registeredUpstream: bound && activity === 'foreground',
		unregisteredUpstream: unregistered,
		...(swapsContacts === undefined ? {} : { swapsContacts }),
		...(leaseUntilMs === undefined ? {} : { leaseUntilMs }),
		...(sequence === undefined ? {} : { sequence }),
	}
}

async function leaseEnd(deps: StatementDeps, device: Device, asked: number | undefined): Promise<number | undefined> {
	const byDefault = asked === undefined ? (await settingsOf(deps, device.tenantId)).foregroundLeaseSeconds : 0
	return leaseEndMs(deps.clock.wall(), asked, byDefault)
}
