import type { BindingsSeen, RegisterSeen } from '../peers/kamailio-log.ts'

/** A removal that came after the other side had bound itself and took that binding away, or was sent where none may be. */
export interface LateUnregister {
	readonly atMs: number
	readonly contact: string
}

/** How long after its answer the server writes what is bound then, milliseconds. */
const LOG_DELAY_MS = 1

/**
 * Removals that hurt, by the server's log: those that took a binding that they do not name; and in mode 3 every one, accepted or
 * not, since there any of them may take the winner's binding.
 */
export function lateUnregisters(
	mode: number,
	registers: readonly RegisterSeen[],
	bindings: readonly BindingsSeen[],
): LateUnregister[] {
	return registers
		.filter(({ expires, contact }) => expires === 0 && contact !== '')
		.filter(({ atMs, answeredAtMs = atMs, contact }) => {
			if (mode === 3) return true
			const before = bindings.findLast((seen) => seen.atMs < atMs)?.contacts ?? []
			const after = bindings.findLast((seen) => seen.atMs <= answeredAtMs + LOG_DELAY_MS)?.contacts ?? []
			return before.some((uri) => !contact.includes(uri) && !after.includes(uri))
		})
		.map(({ atMs, contact }) => ({ atMs, contact }))
}
