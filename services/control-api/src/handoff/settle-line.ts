import type { HandoffLine } from '@vigil/contracts'
import {
	type Account,
	addressOfRecord,
	answerLine,
	initialRegistrationStatus,
	type KnownLine,
	lineFacts,
	needsNoWait,
	type RegistrationStatus,
} from '@vigil/domain'
import type { ControlApiDeps } from '../deps.ts'
import { optional } from '../views/instant.ts'
import { withNextAttempt } from '../views/next-attempt.ts'
import { registrationView } from '../views/registration-view.ts'

type LineDeps = Pick<ControlApiDeps, 'stores' | 'registrations' | 'clock' | 'logger'>

/** One line of a handoff, to be answered. */
export interface Line extends KnownLine {
	/** The account's version that the answer is to speak of. */
	readonly version: number
	/** How long to wait for the owner and the upstream server; 0 to answer with what is known. */
	readonly waitMs: number
}

export interface SettledLine {
	readonly line: HandoffLine
	readonly settled: boolean
}

/** Waits for what the line's owner does about it, as long as there is something to wait for, and answers. */
export async function settleLine(deps: LineDeps, line: Line): Promise<SettledLine> {
	const { account, version } = line
	const status = (await settledStatus(deps, line)) ?? (await latestStatus(deps, account))
	const { holder, next, settled, reason, blockingReason, replaceContact } = answerLine(lineFacts(line, status, version))
	return {
		settled,
		line: {
			accountId: account.id,
			aor: addressOfRecord(account),
			holder,
			registration: registrationView(withNextAttempt(status, deps.clock.wall()), { reason, blockingReason }),
			next,
			...optional('replaceContact', replaceContact),
		},
	}
}

/** The first status that settles the line; undefined when there is none in time, or nothing to wait for. */
async function settledStatus(deps: LineDeps, line: Line): Promise<RegistrationStatus | undefined> {
	const { account, version, waitMs } = line
	if (waitMs <= 0 || needsNoWait(lineFacts(line, await knownStatus(deps, account), version))) return undefined
	const settles = (status: RegistrationStatus) => answerLine(lineFacts(line, status, version)).settled
	try {
		return await deps.registrations.waitForStatus(account, version, settles, waitMs)
	} catch (error) {
		deps.logger.warn({ err: error, accountId: account.id }, 'could not wait for the registration')
		return undefined
	}
}

/** What the next step may follow from before the owner has acted: in mode 1 whether the server swaps contacts. */
async function knownStatus(deps: LineDeps, account: Account): Promise<RegistrationStatus> {
	return account.attributes.registrationMode === 1 ? latestStatus(deps, account) : initialRegistrationStatus(0)
}

async function latestStatus({ stores, clock }: LineDeps, { id, tenantId }: Account): Promise<RegistrationStatus> {
	return (await stores.accounts.status(tenantId, id)) ?? initialRegistrationStatus(clock.wall())
}
