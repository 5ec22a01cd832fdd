import type { AccountAttributes, AttributesChange } from '../account/account.ts'

/** The attributes after a change: what it leaves out stays, and `null` removes the proxy. */
export function applyAttributes(present: AccountAttributes, change: AttributesChange): AccountAttributes {
	const { outboundProxy, ...rest } = { ...present, ...change }
	return outboundProxy === undefined || outboundProxy === null ? rest : { ...rest, outboundProxy }
}
