import type { Kamailio } from '../peers/kamailio.ts'

/** A removal that came after the other side had bound itself and took that binding away, or was sent where none may be. */
export interface LateUnregister {
	readonly atMs: number
	readonly contact: string
}

/**
 * Removals that hurt, by the server's log: those that leave nobody bound though the other side was, and in mode 3 every one,
 * since there any of them may take the winner's binding.
 */
export function lateUnregisters(mode: number, kamailio: Kamailio, user: string): LateUnregister[] {
	const removals = kamailio
		.registers(user)
		.filter(({ expires, contact, status }) => expires === 0 && contact !== '' && status === 200)
	const bindings = kamailio.bindings(user)
	return removals
		.filter(({ atMs, answeredAtMs = atMs, contact }) => {
			if (mode === 3) return true
			const before = bindings.findLast((seen) => seen.atMs < atMs)?.contacts ?? []
			const after = bindings.findLast((seen) => seen.atMs <= answeredAtMs + 1)?.contacts ?? before
			return before.some((uri) => !contact.includes(uri) && !after.includes(uri))
		})
		.map(({ atMs, contact }) => ({ atMs, contact }))
}
