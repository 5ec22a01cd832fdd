import type { HandoffLine } from '@vigil/contracts'
import {
	type Account,
	type AccountId,
	addressOfRecord,
	type Device,
	desiredHolding,
	initialRegistrationStatus,
	type RegistrationStatus,
} from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'
import { registrationView } from '../views/registration-view.ts'
import { answerLine, isSettled, needsNoWait, type Statement } from './line-answer.ts'

type LineDeps = Pick<ControlApiDeps, 'stores' | 'registrations' | 'clock' | 'logger'>

/** One line of a handoff, to be answered. */
export interface Line {
	readonly account: Account
	/** The account's version that the answer is to speak of. */
	readonly version: number
	/** Every device of the account, with its effective activity. */
	readonly devices: readonly Device[]
	readonly device: Device
	readonly statement: Statement
	/** How long to wait for the owner and the upstream server; 0 to answer with what is known. */
	readonly waitMs: number
}

export interface SettledLine {
	readonly line: HandoffLine
	readonly settled: boolean
}

/** Waits for what the line's owner does about it, as long as there is something to wait for, and answers. */
export async function settleLine(deps: LineDeps, line: Line): Promise<SettledLine> {
	const { account, statement } = line
	const desired = desiredHolding(account, line.devices)
	const settledStatus =
		line.waitMs <= 0 || needsNoWait(statement)
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

async function waitFor(
	{ registrations, logger }: LineDeps,
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

async function latestStatus({ stores, clock }: LineDeps, accountId: AccountId): Promise<RegistrationStatus> {
	return (await stores.accounts.status(accountId)) ?? initialRegistrationStatus(clock.now())
}
