import type { HandoffLine, HandoffRequest } from '@vigil/contracts'
import {
	type Account,
	type AccountId,
	addressOfRecord,
	type Device,
	desiredHolding,
	initialRegistrationStatus,
	type RegistrationStatus,
} from '@vigil/domain'
import { announceDevice } from '../announcements.ts'
import type { ControlApiDeps } from '../deps.ts'
import { registrationView } from '../views/registration-view.ts'
import { answerLine, isSettled, needsNoWait, type Statement } from './line-answer.ts'

type HandoffDeps = Pick<ControlApiDeps, 'stores' | 'registrations' | 'signals' | 'clock' | 'logger'>

export interface HandoffOutcome {
	readonly lines: HandoffLine[]
	/** Every line has settled. */
	readonly settled: boolean
}

/**
 * Takes down what the device states, lets the owners of its lines act on it, and answers for each line. The order
 * matters: the activity is stored before the versions rise, so that whoever sees a version sees the activity too.
 */
export async function performHandoff(
	deps: HandoffDeps,
	device: Device,
	accounts: readonly Account[],
	request: HandoffRequest,
): Promise<HandoffOutcome> {
	const statement = statementOf(device, request)
	await deps.stores.devices.setActivity(device.id, {
		activity: statement.activity,
		registeredUpstream: statement.bound && statement.activity === 'foreground',
	})
	const ids = accounts.map((account) => account.id)
	const [versions, devices] = await Promise.all([
		announceDevice(deps, device.id, ids),
		deps.stores.devices.loadByAccounts(ids),
	])
	const waitMs = (request.waitSeconds ?? 5) * 1000
	const answers = await Promise.all(
		accounts.map((account) =>
			settleLine(deps, {
				account,
				version: versions.get(account.id) ?? account.version,
				devices: devices.get(account.id) ?? [],
				device,
				statement,
				waitMs,
			}),
		),
	)
	return { lines: answers.map(({ line }) => line), settled: answers.every(({ settled }) => settled) }
}

interface Line {
	readonly account: Account
	/** The account's version as of this handoff. */
	readonly version: number
	readonly devices: readonly Device[]
	readonly device: Device
	readonly statement: Statement
	readonly waitMs: number
}

async function settleLine(deps: HandoffDeps, line: Line): Promise<{ line: HandoffLine; settled: boolean }> {
	const { account, statement } = line
	const desired = desiredHolding(account, line.devices)
	const settledStatus = needsNoWait(statement)
		? undefined
		: await waitFor(deps, account.id, line.version, (status) => isSettled(desired, status), line.waitMs)
	const status = settledStatus ?? (await latestStatus(deps, account.id))
	const othersBound = line.devices.some(
		(other) => other.id !== line.device.id && other.activity === 'foreground' && other.registeredUpstream,
	)
	const current = status.accountVersion >= line.version
	const answer = answerLine({ statement, desired, othersBound, status, current })
	return {
		settled: answer.settled,
		line: {
			accountId: account.id,
			aor: addressOfRecord(account),
			holder: answer.holder,
			registration: registrationView(status, answer.reason),
			next: answer.next,
		},
	}
}

/** A device that says nothing about its own binding has the one that it spoke of last. */
function statementOf(device: Device, request: HandoffRequest): Statement {
	const unregistered = request.unregistered === true
	const silent = request.state === 'foreground' ? false : device.registeredUpstream
	return { activity: request.state, unregistered, bound: !unregistered && (request.registered ?? silent) }
}

async function waitFor(
	{ registrations, logger }: HandoffDeps,
	accountId: AccountId,
	version: number,
	predicate: (status: RegistrationStatus) => boolean,
	waitMs: number,
): Promise<RegistrationStatus | undefined> {
	try {
		return await registrations.waitForStatus(accountId, version, predicate, waitMs)
	} catch (error) {
		logger.warn({ err: error, accountId }, 'could not wait for the registration')
		return undefined
	}
}

async function latestStatus({ stores, clock }: HandoffDeps, accountId: AccountId): Promise<RegistrationStatus> {
	return (await stores.accounts.status(accountId)) ?? initialRegistrationStatus(clock.now())
}
