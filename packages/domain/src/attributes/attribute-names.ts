import type { AccountAttributes } from '../account/account.ts'

/** What can be set on an account by a provisioning attribute. */
export type AttributeName = keyof AccountAttributes | 'domain' | 'password'

/** What a provisioning system's spelling of an attribute means. */
export interface SpelledAttribute {
	readonly name: AttributeName
	/** Number of the account within a provisioning profile, where the spelling has one. */
	readonly account?: string
}

/** `accountN.` or `accountNSip.`, `briaPush.` or `bria.push.`, and the attribute itself. */
const SPELLING = /^(?:account([1-9]\d{0,2}|n)(?:sip)?\.)?(?:(briapush|bria\.push)\.)?([a-z0-9.]+)$/

/** After `briaPush.` or `bria.push.`. */
const PUSH_NAMES: ReadonlyMap<string, AttributeName> = new Map([
	['enabled', 'pushEnabled'],
	['registrationmode', 'registrationMode'],
	['natemulation', 'natEmulation'],
	['registrationrefresh', 'registrationRefreshSeconds'],
	['autosend180', 'autoSend180'],
	['outboundproxy', 'outboundProxy'],
])

/** Under an account number without `briaPush.`: there, other names are the client's own settings and not the service's. */
const ACCOUNT_NAMES: ReadonlyMap<string, AttributeName> = new Map([
	['credentials.domain', 'domain'],
	['credentials.password', 'password'],
])

/** Standing alone: the short names, and those of this API. `enabled` alone could mean anything. */
const BARE_NAMES: ReadonlyMap<string, AttributeName> = new Map([
	...[...PUSH_NAMES].filter(([short]) => short !== 'enabled'),
	...ACCOUNT_NAMES,
	['push.enabled', 'pushEnabled'],
	['pushenabled', 'pushEnabled'],
	['registrationrefreshseconds', 'registrationRefreshSeconds'],
	['domain', 'domain'],
	// Of this service alone.
	['contactswap', 'contactSwap'],
])

/**
 * Reads the name of a push attribute in any spelling that provisioning systems use, in any case: `accountN.` and
 * `accountNSip.` in front or not, `briaPush.` and `bria.push.` alike. Undefined for a name that is none of them.
 */
export function attributeNamed(spelling: string): SpelledAttribute | undefined {
	const [, account, push, rest = ''] = SPELLING.exec(spelling.toLowerCase()) ?? []
	const name = namesAfter(account, push).get(rest)
	if (name === undefined) return undefined
	return account === undefined || account === 'n' ? { name } : { name, account }
}

function namesAfter(account: string | undefined, push: string | undefined): ReadonlyMap<string, AttributeName> {
	if (push !== undefined) return PUSH_NAMES
	return account === undefined ? BARE_NAMES : ACCOUNT_NAMES
}
