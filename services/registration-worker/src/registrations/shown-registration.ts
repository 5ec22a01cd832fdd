import type { RegistrationStatus } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { HoldingDriver } from '../holding/holding-driver.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { AccountServers } from './account-servers.ts'
import type { EvenFailures } from './even-failures.ts'
import type { RegisterSender } from './register-sender.ts'
import type { RegistrationTable } from './registration-table.ts'
import type { SeenAuthentications } from './seen-authentications.ts'
import { shownAt } from './shown-status.ts'

/** What the visible state of an account is put together from. */
export interface ShownParts {
	readonly table: RegistrationTable
	readonly holding: HoldingDriver
	readonly sender: Pick<RegisterSender, 'contactUri'>
	readonly even: Pick<EvenFailures, 'shown'>
	readonly clock: Clock
	readonly seen: Pick<SeenAuthentications, 'shown'>
	readonly servers: Pick<AccountServers, 'of' | 'openPath'>
}

/** The visible state with who holds and the target, for the status that is written; undefined for an empty slot. */
export function shownRegistration(slot: number, parts: ShownParts): RegistrationStatus | undefined {
	const own = parts.table.status(slot)
	if (!own) return undefined
	const upstream = parts.servers.of(slot)
	const status = withoutEarlyNews(parts.even.shown(slot, own), upstream)
	const target = upstream?.name
	const held = parts.holding.shown(slot)
	const authentication = parts.seen.shown(slot)
	const contact = held.holding === 'offering' ? replaceableContact(slot, parts) : undefined
	return {
		...shownAt(status, parts.clock.now()),
		...held,
		...(contact === undefined ? {} : { replaceableContact: contact }),
		...(target === undefined ? {} : { target }),
		...(authentication === undefined ? {} : { authentication }),
	}
}

/** That a first attempt has ended already, and another is due, is no news while nobody knows whether a SIP server is there. */
function withoutEarlyNews(status: RegistrationStatus, upstream: Upstream | undefined): RegistrationStatus {
	if (status.state !== 'registering' || status.nextAttemptMs === undefined || upstream?.isKnown !== false) return status
	const { nextAttemptMs: _next, ...rest } = status
	return rest
}

/** Our Contact, while it is bound and no REGISTER is under way that could bind it anew. */
function replaceableContact(slot: number, { table, holding, sender, servers }: ShownParts): string | undefined {
	const { status, inFlight, querying, path } = table.load(slot, 0)
	if (status.state !== 'registered' || (inFlight && querying === 0)) return undefined
	const shownAs = holding.shownAs(slot)
	if (shownAs !== undefined) return shownAs
	const upstreamPath = servers.openPath(slot)
	return upstreamPath && sender.contactUri(slot, upstreamPath, path.withoutNatEmulation)
}
