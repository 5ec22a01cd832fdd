import type { Registration } from '../registration/types.ts'
import type { DesiredBinding, HoldingEffect } from './types.ts'

/** What the registration of an account is to do now. */
export interface HoldingCommand {
	readonly desired: DesiredBinding
	/** With `remove`: even if this process never bound it. */
	readonly certain: boolean
	/** The number under which the bindings are to be asked for; 0 for not. */
	readonly query: number
	/** With `hold`: the contact in whose place ours comes, by the same REGISTER. */
	readonly replacing?: string
}

/** A command, and whether it says anything that was not commanded before. */
export interface GivenCommand {
	readonly command: HoldingCommand
	readonly news: boolean
}

/** Whether the service and a device are bound together is asked under this number; the machine's own are positive. */
export const COEXISTENCE_QUERY = -2

/** The command that the effects of a step of the holding machine amount to, with the binding that it desires now. */
export function commandOf(desired: DesiredBinding, effects: readonly HoldingEffect[]): GivenCommand {
	let certain = false
	let query = 0
	let replacing: string | undefined
	let news = false
	for (const effect of effects) {
		if (effect.type === 'desired-binding') {
			certain = effect.certain
			replacing = effect.replacing
		} else if (effect.type === 'query-bindings') query = effect.query
		else continue
		news = true
	}
	const command: HoldingCommand = { desired, certain, query }
	return { command: replacing === undefined ? command : { ...command, replacing }, news }
}

/** The command where it is new; undefined where nothing new is to be done. */
export function changeOf({ command, news }: GivenCommand): HoldingCommand | undefined {
	return news ? command : undefined
}

/** Nothing of ours is bound, on its way or still to be tried. A removal that asks what others there are is on its way. */
export function cameToRest({
	phase,
	dueAtMs,
	inFlight,
	querying,
	byRemoval,
}: Pick<Registration, 'phase' | 'dueAtMs' | 'inFlight' | 'querying' | 'byRemoval'>): boolean {
	return phase === 'idle' && dueAtMs === undefined && (!inFlight || (querying !== 0 && !byRemoval))
}
