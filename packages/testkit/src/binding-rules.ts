import type { RegistrarWays } from './registrar-ways.ts'

/** What is known of a binding that a REGISTER meets; `name` tells bindings of one address-of-record apart. */
export interface HeldBinding {
	readonly name: string
	readonly callId: string
	readonly cseq: number
}

/** One Contact of a REGISTER, in its order, and the seconds asked for it; 0 removes. */
export interface RequestedBinding {
	readonly name: string
	readonly seconds: number
}

export interface BindingRequest {
	readonly callId: string
	readonly cseq: number
	readonly contacts: readonly RequestedBinding[]
}

export interface BindingLimits extends Pick<RegistrarWays, 'processes' | 'zeroRemoves'> {
	/** Shorter expiries are refused with 423, except 0. */
	readonly minExpiresSeconds: number
	/** Longer expiries are cut to this. */
	readonly maxExpiresSeconds: number
	/** How many contacts an address-of-record may have. */
	readonly maxBindings: number
	/** What one contact too many does: push out the oldest, or be refused with 403. */
	readonly whenFull: 'replace' | 'refuse'
}

/** A binding as it is afterwards: made or refreshed for so many seconds, or left as it was. */
export interface KeptBinding {
	readonly name: string
	readonly grantedSeconds: number | undefined
}

export type BindingVerdict =
	| { readonly status: 200; readonly kept: readonly KeptBinding[] }
	/** A CSeq that does not rise (RFC 3261 10.3 step 7), too many contacts, too short a time (step 7, 10.2.8). */
	| { readonly status: 400 | 403 | 423 }

/**
 * What becomes of the bindings of one address-of-record, the oldest first, when that REGISTER comes: all that it asks for or
 * nothing (RFC 3261 10.3 steps 6 and 7). What a contact too many is, is judged by what is left in the end, so that a contact that takes the
 * place of another fits where one is allowed.
 */
export function judgeRegister(
	{ callId, cseq, contacts }: BindingRequest,
	held: readonly HeldBinding[],
	limits: BindingLimits,
): BindingVerdict {
	const considered = limits.processes === 'first' ? contacts.slice(0, 1) : contacts
	for (const { name, seconds } of considered) {
		const known = held.find((binding) => binding.name === name)
		if (known && callId === known.callId && cseq <= known.cseq) return { status: 400 }
		if (seconds > 0 && seconds < limits.minExpiresSeconds) return { status: 423 }
	}
	const unchanged = held.map(({ name }): KeptBinding => ({ name, grantedSeconds: undefined }))
	const after = considered.reduce((kept, requested) => grant(kept, requested, limits), unchanged)
	const isMore = after.length > limits.maxBindings && after.length > unchanged.length
	if (limits.whenFull === 'refuse' && isMore) return { status: 403 }
	return { status: 200, kept: after.slice(-limits.maxBindings) }
}

function grant(
	kept: readonly KeptBinding[],
	{ name, seconds }: RequestedBinding,
	limits: BindingLimits,
): KeptBinding[] {
	if (seconds === 0 && limits.zeroRemoves === 'user') return []
	const others = kept.filter((binding) => binding.name !== name)
	return seconds === 0 ? others : [...others, { name, grantedSeconds: Math.min(seconds, limits.maxExpiresSeconds) }]
}
