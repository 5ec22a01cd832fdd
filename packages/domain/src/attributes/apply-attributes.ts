import type { AccountAttributes, AttributesChange } from '../account/account.ts'

/** The attributes after a change: what it leaves out stays, and `null` removes what may be absent. */
export function applyAttributes(present: AccountAttributes, change: AttributesChange): AccountAttributes {
	const { outboundProxy, contactSwap, ...rest } = { ...present, ...change }
	return {
		...rest,
		...(contactSwap === undefined || contactSwap === null ? {} : { contactSwap }),
		...(outboundProxy === undefined || outboundProxy === null ? {} : { outboundProxy }),
	}
}
