import type { AccountAttributesInput } from '@vigil/contracts'
import type { AccountAttributes, RegistrationMode } from '@vigil/domain'
import { invalidField } from './problems/problem-error.ts'

/** Modes that are built; the others are refused, so that nobody believes in a registration that is not held. */
const OFFERED_MODES: readonly number[] = [0]

/** Attributes with a change applied: what the change leaves out stays. */
export function mergedAttributes(
	present: AccountAttributes,
	change: AccountAttributesInput | undefined,
): AccountAttributes {
	if (change === undefined) return present
	const { outboundProxy: presentProxy, ...rest } = present
	const proxy = change.outboundProxy === undefined ? presentProxy : (change.outboundProxy ?? undefined)
	return {
		pushEnabled: change.pushEnabled ?? rest.pushEnabled,
		registrationMode:
			change.registrationMode === undefined ? rest.registrationMode : offeredMode(change.registrationMode),
		natEmulation: change.natEmulation ?? rest.natEmulation,
		registrationRefreshSeconds: change.registrationRefreshSeconds ?? rest.registrationRefreshSeconds,
		autoSend180: change.autoSend180 ?? rest.autoSend180,
		...(proxy === undefined ? {} : { outboundProxy: proxy }),
	}
}

function offeredMode(mode: number): RegistrationMode {
	if (OFFERED_MODES.includes(mode)) return mode as RegistrationMode
	throw invalidField('attributes.registrationMode', 'offered', `must be 0 (standard): mode ${mode} is not offered yet`)
}
