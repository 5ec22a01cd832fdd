import type { ResponseView } from '@vigil/sip'
import type { OwnContact } from './own-contact.ts'
import type { OwnAddition, RegistrationPath } from './registration-path.ts'
import type { Registration } from './types.ts'

const ORDER: readonly OwnAddition[] = ['answers', 'outbound', 'nat-address']
export const NOTHING_LEFT_OUT: readonly OwnAddition[] = []

/** Refusals that speak of the moment, or name what they are about: leaving anything out is no answer to those. */
const PLAIN_WORDS: ReadonlySet<number> = new Set([401, 407, 408, 423, 429, 439, 480, 486, 503, 504])

/** What the REGISTER that was just answered said on our own account. */
export function additionsOf({ challenges, newlyAnswered }: Registration, own: OwnContact): readonly OwnAddition[] {
	const carried = {
		answers: challenges.length > 0 && newlyAnswered.length === 0,
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
	if (next === 'answers') return { ...state, leftOut, challenges: [], newlyAnswered: [] }
	const left = next === 'outbound' ? { withoutOutbound: true as const } : { withoutNatEmulation: true as const }
	return { ...state, leftOut, path: { ...state.path, ...left } }
}

/** It was refused without them as well: they are added again next time. */
export function restored(state: Registration): Registration {
	const tried = state.leftOut.filter((addition) => addition !== 'answers')
	return tried.length === 0 ? state : { ...state, path: withAdded(state.path, tried) }
}

/**
 * The path of a registration that was just accepted. What was left out may have been what was refused, or the server was
 * in trouble and is not any more: the next refresh has it again, and only what is refused a second time stays away.
 */
export function judgedPath({ leftOut, path }: Registration): RegistrationPath {
	const { suspected, ...rest } = path
	const without = leftOut.filter((addition) => addition !== 'answers')
	if (without.length === 0) return suspected ? rest : path
	const first = without.filter((addition) => !suspected?.includes(addition))
	return first.length === 0 ? rest : { ...rest, suspected: first }
}

/** The path of a refresh: with what may be left out for no reason. */
export function triedAgain(path: RegistrationPath): RegistrationPath {
	return path.suspected ? withAdded(path, path.suspected) : path
}

function withAdded(path: RegistrationPath, additions: readonly OwnAddition[]): RegistrationPath {
	const { withoutOutbound, withoutNatEmulation, ...rest } = path
	return {
		...rest,
		...(withoutOutbound && !additions.includes('outbound') ? { withoutOutbound } : {}),
		...(withoutNatEmulation && !additions.includes('nat-address') ? { withoutNatEmulation } : {}),
	}
}
