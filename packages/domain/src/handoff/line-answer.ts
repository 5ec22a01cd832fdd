import type { Holder } from '../account/registration-status.ts'
import { continuousStep } from './answers/continuous.ts'
import { emulationStep, takeoverStep } from './answers/single-binding.ts'
import { standardStep } from './answers/standard.ts'
import { holderFrom, holdsBinding } from './holder.ts'
import type { LineAnswer, LineFacts, LineStep } from './line.ts'

/** The answer for one line, by the registration mode of its account. */
export function answerLine(facts: LineFacts): LineAnswer {
	const reason = facts.status.reason === undefined ? facts.offBecause : undefined
	return { holder: holderOf(facts), ...stepOf(facts), ...(reason === undefined ? {} : { reason }) }
}

/** Whether the answer waits for nobody, whatever the owner of the account does. */
export function needsNoWait(facts: LineFacts): boolean {
	return stepOf({ ...facts, current: false }).settled
}

function stepOf(facts: LineFacts): LineStep {
	switch (facts.mode) {
		case 0:
			return standardStep(facts)
		case 1:
			return emulationStep(facts)
		case 2:
			return continuousStep(facts)
		case 3:
			return takeoverStep(facts)
	}
}

function holderOf({ statement, status, mode, othersBound }: LineFacts): Holder {
	const service = holdsBinding(status)
	const away = statement.activity !== 'foreground'
	// A sleeping device is told to drop its own binding in the same answer, so it no longer counts once we hold.
	const device = othersBound || (statement.bound && !(away && service))
	return holderFrom(mode, service, device)
}
