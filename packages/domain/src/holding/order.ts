import type { Registration } from '../registration/types.ts'
import type { HoldingEffect, Wish } from './types.ts'

/** What the registration of an account is to do now. */
export interface HoldingOrder {
	readonly wish: Wish
	/** With `release`: even if this process never bound it. */
	readonly certain: boolean
	/** The number under which the bindings are to be asked for; 0 for not. */
	readonly question: number
	/** With `hold`: the contact in whose place ours comes, by the same REGISTER. */
	readonly replacing?: string
}

/** An order, and whether it says anything that was not ordered before. */
export interface GivenOrder {
	readonly order: HoldingOrder
	readonly news: boolean
}

/** Whether the service and a device are bound together is asked under this number; the machine's own are positive. */
export const COMPANY_QUESTION = -2

/** What a step of the holding machine, which now wishes that, orders by its effects. */
export function orderOf(wish: Wish, effects: readonly HoldingEffect[]): GivenOrder {
	let certain = false
	let question = 0
	let replacing: string | undefined
	let news = false
	for (const effect of effects) {
		if (effect.type === 'wish') {
			certain = effect.certain
			replacing = effect.replacing
		} else if (effect.type === 'ask') question = effect.question
		else continue
		news = true
	}
	const order: HoldingOrder = { wish, certain, question }
	return { order: replacing === undefined ? order : { ...order, replacing }, news }
}

/** The order where it is news; undefined where nothing new is to be done. */
export function changeOf({ order, news }: GivenOrder): HoldingOrder | undefined {
	return news ? order : undefined
}

/** Nothing of ours is bound, on its way or still to be tried. A removal that asks what others there are is on its way. */
export function cameToRest({
	phase,
	dueAtMs,
	inFlight,
	asking,
	byRemoval,
}: Pick<Registration, 'phase' | 'dueAtMs' | 'inFlight' | 'asking' | 'byRemoval'>): boolean {
	return phase === 'idle' && dueAtMs === undefined && (!inFlight || (asking !== 0 && !byRemoval))
}
