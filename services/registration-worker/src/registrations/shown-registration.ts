import type { RegistrationStatus } from '@vigil/domain'
import type { Clock } from '@vigil/runtime'
import type { HoldingDriver } from '../holding/holding-driver.ts'
import type { AccountServers } from './account-servers.ts'
import type { RegisterSender } from './register-sender.ts'
import type { RegistrationTable } from './registration-table.ts'
import { shownAt } from './shown-status.ts'

/** What the visible state of an account is put together from. */
export interface ShownParts {
	readonly table: RegistrationTable
	readonly holding: HoldingDriver
	readonly sender: Pick<RegisterSender, 'contactUri'>
	readonly clock: Clock
	readonly servers: Pick<AccountServers, 'of' | 'openRoute'>
}

/** The visible state with who holds and the target, for the status that is written; undefined for an empty slot. */
export function shownRegistration(slot: number, parts: ShownParts): RegistrationStatus | undefined {
	const status = parts.table.status(slot)
	if (!status) return undefined
	const target = parts.servers.of(slot)?.name
	const held = parts.holding.shown(slot)
	const contact = held.holding === 'offering' ? replaceableContact(slot, parts) : undefined
	return {
		...shownAt(status, parts.clock.now()),
		...held,
		...(contact === undefined ? {} : { replaceableContact: contact }),
		...(target === undefined ? {} : { target }),
	}
}

/** Our Contact, while it is bound and no REGISTER is under way that could bind it anew. */
function replaceableContact(slot: number, { table, holding, sender, servers }: ShownParts): string | undefined {
	const { status, inFlight, asking, path } = table.load(slot, 0)
	if (status.state !== 'registered' || (inFlight && asking === 0)) return undefined
	const shownAs = holding.shownAs(slot)
	if (shownAs !== undefined) return shownAs
	const route = servers.openRoute(slot)
	return route && sender.contactUri(slot, route, path.withoutNatEmulation)
}
