/**
 * Deliberate defects, by the invariant that each breaks; `mutations/` says what exactly.
 *
 * one-holder     mode 1 binds without asking; takes our removal for done before it is confirmed; goes back to holding
 *                without asking; answers `register` at once; believes a status from before the handoff; swaps contacts where the
 *                server does not, or under a device in use; does not name the contact to be replaced
 * never-none     mode 0 lets go before the device has registered; mode 2 lets go; a binding is refreshed too late; modes 0
 *                and 3 answer `unregister` too early; a connection that ends takes nothing with it
 * one-in-flight  a change of the account does not wait for the REGISTER in flight
 * cseq-rises     a new owner counts CSeq from the beginning; a repeated REGISTER keeps its CSeq
 * late-answer    the answer to an older query, to an older attempt, or to none counts
 * no-unregister  mode 3 unregisters when the device takes over
 * last-intent    the last statement to arrive counts, whatever its number
 * comes-to-rest  mode 1 asks only once; a refused REGISTER is never tried again; a lease never lapses
 */
import { describe, expect, it } from 'vitest'
import { checkMutation, MUTATIONS } from './mutations/check-mutations.ts'

/** Some take seconds to show; a machine that does other things as well may be slow. */
const PATIENCE_MS = 180_000

describe('a deliberate defect', () => {
	it.each(MUTATIONS)('is caught: $name', { timeout: PATIENCE_MS }, (mutation) => {
		expect(checkMutation(mutation).by).toBe(mutation.breaks)
	})
})
