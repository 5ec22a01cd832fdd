import type { Fate } from '../scenario/scenario.ts'
import type { Agenda } from './agenda.ts'

/** Timer F, 64*T1 (RFC 3261 17.1.2.2): a request without an answer is given up. */
const GIVEN_UP_MS = 32_000
/** T4 (RFC 3261 17.1.2.2): the longest that a packet stays in the network. */
export const LONGEST_ON_THE_WAY_MS = 5000
const ONE_WAY_MS = 20

export const PROMPT: Fate = { is: 'prompt' }

export interface TransactionEnds<Answer> {
	/** The first copy of the request reaches the server; the server's transaction absorbs the others (17.2.2). */
	land(): Answer
	/** May come more than once, and when nobody waits for it any more. */
	answered(answer: Answer): void
	failed(cause: 'timeout' | 'transport'): void
}

/** Plays one transaction to the end that its fate says. */
export function transact<Answer>(agenda: Agenda, fate: Fate, ends: TransactionEnds<Answer>): void {
	switch (fate.is) {
		case 'prompt':
			exchange(agenda, ONE_WAY_MS, ends)
			return
		case 'slow':
			exchange(agenda, Math.min(fate.ms, GIVEN_UP_MS / 2 - 1), ends)
			return
		case 'echoed':
			exchange(agenda, ONE_WAY_MS, ends, fate.ms)
			return
		case 'lost':
			agenda.plan(GIVEN_UP_MS, () => ends.failed('timeout'))
			return
		case 'unanswered':
			agenda.plan(fate.ms, () => void ends.land())
			agenda.plan(GIVEN_UP_MS, () => ends.failed('timeout'))
			return
		case 'late':
			agenda.plan(GIVEN_UP_MS, () => ends.failed('timeout'))
			agenda.plan(GIVEN_UP_MS + Math.min(fate.ms, LONGEST_ON_THE_WAY_MS), () => void ends.land())
			return
		case 'broken':
			if (fate.landed) agenda.plan(fate.ms / 2, () => void ends.land())
			agenda.plan(fate.ms, () => ends.failed('transport'))
	}
}

function exchange<Answer>(agenda: Agenda, oneWayMs: number, ends: TransactionEnds<Answer>, echoMs?: number): void {
	agenda.plan(oneWayMs, () => {
		const answer = ends.land()
		agenda.plan(oneWayMs, () => ends.answered(answer))
		if (echoMs !== undefined) agenda.plan(oneWayMs + echoMs, () => ends.answered(answer))
	})
}
