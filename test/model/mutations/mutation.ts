import type { RegistrationMode } from '@vigil/domain'
import type { Invariant } from '../judge/violation.ts'
import type { Rules } from '../world/rules.ts'

/** One deliberate defect. */
export interface Mutation {
	/** What the defect is. */
	readonly name: string
	/** The invariant that it breaks first. */
	readonly breaks: Invariant
	/** The mode in which it is looked for. */
	readonly mode: RegistrationMode
	readonly rules: Partial<Rules>
	/** Runs within which it must show, where the usual number does not do. */
	readonly runs?: number
}
