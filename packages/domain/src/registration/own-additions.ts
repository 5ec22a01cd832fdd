import type { ResponseView } from '@vigil/sip'
import type { OwnContact } from './own-contact.ts'
import type { Registration, RegistrationPath } from './types.ts'

/**
 * What a REGISTER says on our own account, in the order in which it is left out when it may be what is refused: an answer to
 * a challenge that was not asked just then, the parameters of outbound (RFC 5626), a private address (NAT emulation).
 */
export type OwnAddition = 'answers' | 'outbound' | 'nat-address'

const ORDER: readonly OwnAddition[] = ['answers', 'outbound', 'nat-address']
export const NOTHING_LEFT_OUT: readonly OwnAddition[] = []

/** Refusals that speak of the moment, or name what they are about: leaving anything out is no answer to those. */
const PLAIN_WORDS: ReadonlySet<number> = new Set([401, 407, 408, 423, 429, 439, 480, 486, 503, 504])

/** What the REGISTER that was just answered said on our own account. */
export function additionsOf({ challenges, freshlyAnswered }: Registration, own: OwnContact): readonly OwnAddition[] {
	const carried = {
		answers: challenges.length > 0 && freshlyAnswered.length === 0,
		outbound: own.contactParams !== undefined && own.contactParams !== '',
		'nat-address': own.emulatesNat === true,
	}
	return ORDER.filter((addition) => carried[addition])
}

/** Whether a refusal may be due to what was added. */
export function mayMeanAdditions({ status, headers }: ResponseView): boolean {
	return status >= 400 && !PLAIN_WORDS.has(status) && headers.get('Retry-After') === undefined
}

/**
 * The registration without the first of these that was not left out since it was last accepted; undefined where each was:
 * then the refusal is not due to any.
 */
export function withoutNext(state: Registration, carried: readonly OwnAddition[]): Registration | undefined {
	const next = carried.find((addition) => !state.leftOut.includes(addition))
	if (next === undefined) return undefined
	const leftOut = [...state.leftOut, next]
	if (next === 'answers') return { ...state, leftOut, challenges: [], freshlyAnswered: [] }
	const left = next === 'outbound' ? { withoutOutbound: true as const } : { withoutNatEmulation: true as const }
	return { ...state, leftOut, path: { ...state.path, ...left } }
}

/** It was refused without them as well: they are added again next time. */
export function restored(state: Registration): Registration {
	const { leftOut, path } = state
	if (!leftOut.includes('outbound') && !leftOut.includes('nat-address')) return state
	const kept: RegistrationPath = {
		...(path.serviceRoute === undefined ? {} : { serviceRoute: path.serviceRoute }),
		...(path.outbound === undefined ? {} : { outbound: path.outbound }),
		...(path.withoutOutbound && !leftOut.includes('outbound') ? { withoutOutbound: true as const } : {}),
		...(path.withoutNatEmulation && !leftOut.includes('nat-address') ? { withoutNatEmulation: true as const } : {}),
	}
	return { ...state, path: kept }
}
