import type { Fate } from '../scenario/scenario.ts'
import type { Agenda } from './agenda.ts'

/** How long an app waits for the answer to a handoff before it sends the same one again. */
const CLIENT_TIMEOUT_MS = 5000
const ONE_WAY_MS = 20

export interface HandoffEnds<Answer> {
	/** The request reaches the control API; more than once where the network repeats it. */
	land(): Answer
	answered(answer: Answer): void
	/** The app gives up waiting. */
	unanswered(): void
}

/** Plays one HTTP request to the end that its fate says. */
export function transactHandoff<Answer>(agenda: Agenda, fate: Fate, ends: HandoffEnds<Answer>): void {
	switch (fate.is) {
		case 'prompt':
			exchange(agenda, ONE_WAY_MS, ends)
			return
		case 'slow':
			if (2 * fate.ms >= CLIENT_TIMEOUT_MS) agenda.plan(CLIENT_TIMEOUT_MS, () => ends.unanswered())
			exchange(agenda, fate.ms, ends)
			return
		case 'echoed':
			agenda.plan(ONE_WAY_MS + fate.ms, () => void ends.land())
			exchange(agenda, ONE_WAY_MS, ends)
			return
		case 'lost':
			agenda.plan(CLIENT_TIMEOUT_MS, () => ends.unanswered())
			return
		case 'unanswered':
			agenda.plan(fate.ms, () => void ends.land())
			agenda.plan(CLIENT_TIMEOUT_MS, () => ends.unanswered())
			return
		case 'late':
			agenda.plan(CLIENT_TIMEOUT_MS, () => ends.unanswered())
			agenda.plan(CLIENT_TIMEOUT_MS + fate.ms, () => void ends.land())
			return
		case 'broken':
			if (fate.landed) agenda.plan(fate.ms / 2, () => void ends.land())
			agenda.plan(fate.ms, () => ends.unanswered())
	}
}

function exchange<Answer>(agenda: Agenda, oneWayMs: number, ends: HandoffEnds<Answer>): void {
	agenda.plan(oneWayMs, () => {
		const answer = ends.land()
		agenda.plan(oneWayMs, () => ends.answered(answer))
	})
}
