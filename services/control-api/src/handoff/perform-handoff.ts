import type { HandoffLine, HandoffRequest } from '@vigil/contracts'
import { type Account, type Device, type HandoffStatement, withEffectiveActivity } from '@vigil/domain'
import { announceDevice } from '../announcements.ts'
import type { ControlApiDeps } from '../deps.ts'
import { settleLine } from './settle-line.ts'
import { presentStatement, takeStatement } from './take-statement.ts'

export type HandoffDeps = Pick<
	ControlApiDeps,
	'stores' | 'registrations' | 'signals' | 'clock' | 'logger' | 'tenantDefaults'
>

export interface HandoffOutcome {
	/** The device as it is then. */
	readonly device: Device
	readonly statement: HandoffStatement
	readonly lines: HandoffLine[]
	/** Every line has settled. */
	readonly settled: boolean
	/** A statement of a higher number had come first, so that this one changed nothing. */
	readonly superseded: boolean
}

/**
 * Takes down what the device states, lets the owners of its lines act on it, and answers for each line. The order
 * matters: the activity is stored before the versions rise, so that whoever sees a version sees the activity too.
 * A renewal and a superseded statement give the owners nothing to do, and are answered with what is known.
 *
 * @throws {RequestProblem} 409 when the device was removed meanwhile.
 */
export async function performHandoff(
	deps: HandoffDeps,
	before: Device,
	accounts: readonly Account[],
	request: HandoffRequest,
): Promise<HandoffOutcome> {
	const { device, statement, effect } = await takeStatement(deps, before, request)
	const superseded = effect === 'superseded'
	if (effect !== 'changed') return respond(deps, { device, statement, accounts, waitMs: 0, superseded })
	const ids = accounts.map((account) => account.id)
	const versions = await announceDevice(deps, device, ids)
	const raised = accounts.map((account) => ({ ...account, version: versions.get(account.id) ?? account.version }))
	const waitMs = (request.waitSeconds ?? 5) * 1000
	return respond(deps, { device, statement, accounts: raised, waitMs, superseded })
}

/** How the last handoff of the device stands; states nothing. */
export function presentHandoff(
	deps: HandoffDeps,
	device: Device,
	accounts: readonly Account[],
): Promise<HandoffOutcome> {
	const statement = presentStatement(device, deps.clock.wall())
	return respond(deps, { device, statement, accounts, waitMs: 0, superseded: false })
}

interface Asked {
	readonly device: Device
	readonly statement: HandoffStatement
	/** Each with the version that the answer is to speak of. */
	readonly accounts: readonly Account[]
	readonly waitMs: number
	readonly superseded: boolean
}

async function respond(deps: HandoffDeps, asked: Asked): Promise<HandoffOutcome> {
	const { device, statement, accounts, waitMs, superseded } = asked
	const devices = await deps.stores.devices.findByAccounts(
		device.tenantId,
		accounts.map((account) => account.id),
	)
	const nowMs = deps.clock.wall()
	const responses = await Promise.all(
		accounts.map((account) =>
			settleLine(deps, {
				account,
				version: account.version,
				devices: (devices.get(account.id) ?? []).map((other) => withEffectiveActivity(other, nowMs)),
				device,
				statement,
				waitMs,
			}),
		),
	)
	return {
		device,
		statement,
		lines: responses.map(({ line }) => line),
		settled: responses.every(({ settled }) => settled),
		superseded,
	}
}
