import type { ResponseView } from '@vigil/sip'
import { ownBinding } from '../registration/own-binding.ts'
import { listedContacts } from './reading.ts'
import { cleanUpRequests } from './requests.ts'
import type { Probe, ProbeFindings, TestContact } from './types.ts'

/** Seconds for which the answer has bound the contact; undefined where it is not bound, or not shown to be. */
export function grantedSeconds(state: Probe, { name }: TestContact, response: ResponseView): number | undefined {
	if (!isAccepted(response)) return undefined
	const own = { contactUser: state.settings.users[name], contactUri: '', aor: '' }
	const binding = ownBinding(response, own, state.askedSeconds)
	return binding.bound ? binding.expiresSeconds : undefined
}

export function seenBindings(state: Probe, response: ResponseView): Probe {
	if (!isAccepted(response)) return state
	const { count } = listedContacts(response, ownUsers(state))
	return count > state.findings.mostBindings ? found(state, { mostBindings: count }) : state
}

export function found(state: Probe, facts: Partial<ProbeFindings>): Probe {
	return { ...state, findings: { ...state.findings, ...facts } }
}

export function ownUsers({ settings }: Probe): readonly string[] {
	return [settings.users.first, settings.users.second]
}

export function isSame(one: TestContact, other: TestContact): boolean {
	return one.name === other.name && one.address === other.address
}

export function isAccepted({ status }: ResponseView): boolean {
	return status >= 200 && status < 300
}

/** Nothing is asked any more; what is bound is removed. */
export function cleaningUp(state: Probe): Probe {
	return { ...state, todo: cleanUpRequests(state.bound) }
}

/** Those of the contacts whose user parts are listed. */
export function listedAmong(
	contacts: readonly TestContact[],
	users: readonly string[],
	{ settings }: Probe,
): TestContact[] {
	return contacts.filter(({ name }) => users.includes(settings.users[name]))
}
