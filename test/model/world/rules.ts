import {
	answerLine,
	decide,
	effectiveActivity,
	initialHolding,
	initialRegistration,
	isRenewal,
	leaseEndMs,
	lineFacts,
	stepHolding,
	stepRegistration,
} from '@vigil/domain'

/** The rules of the product that the model runs; a mutation puts a defect in the place of one. */
export interface Rules {
	readonly initialHolding: typeof initialHolding
	readonly stepHolding: typeof stepHolding
	readonly initialRegistration: typeof initialRegistration
	readonly stepRegistration: typeof stepRegistration
	readonly decide: typeof decide
	readonly effectiveActivity: typeof effectiveActivity
	readonly leaseEndMs: typeof leaseEndMs
	readonly isRenewal: typeof isRenewal
	readonly lineFacts: typeof lineFacts
	readonly answerLine: typeof answerLine
	/** Whether a statement changes nothing, as one of a higher number had come first (the store's rule, `activity-rows.ts`). */
	readonly isSuperseded: (highest: number | undefined, sequence: number) => boolean
	/** The lowest CSeq of a fencing token (ADR 3). */
	readonly cseqBase: (epoch: number) => number
}

export const RULES: Rules = {
	initialHolding,
	stepHolding,
	initialRegistration,
	stepRegistration,
	decide,
	effectiveActivity,
	leaseEndMs,
	isRenewal,
	lineFacts,
	answerLine,
	isSuperseded: (highest, sequence) => highest !== undefined && sequence < highest,
	cseqBase: (epoch) => epoch * 2 ** 20,
}
