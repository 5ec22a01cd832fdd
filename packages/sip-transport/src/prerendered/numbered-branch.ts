import { BRANCH_COOKIE as COOKIE } from '@vigil/sip'

const DOT = 0x2e
const ZERO = 0x30

/** A branch that ends in the number of its request, by which the answer finds it. `unique` has no dots. */
export function numberedBranch(unique: string, number: number): string {
	return `${COOKIE}${unique}.${number}`
}

/** Whether `branch` is what `numberedBranch` makes of these; `numberOf` has found the number in it. */
export function isNumbered(branch: string, unique: string, number: number): boolean {
	const dot = COOKIE.length + unique.length
	// Looked at piece by piece: a text that was glued together would be copied into one for every comparison.
	if (branch.charCodeAt(dot) !== DOT || !branch.startsWith(unique, COOKIE.length)) return false
	return branch.length === dot + 1 + String(number).length && branch.startsWith(COOKIE)
}

/** The number that a branch ends in, -1 where it has none. Whether the branch is that request's is another question. */
export function numberOf(branch: string): number {
	let number = 0
	let scale = 1
	for (let at = branch.length - 1; at > 0; at--) {
		const code = branch.charCodeAt(at)
		if (code === DOT) return scale === 1 ? -1 : number
		const digit = code - ZERO
		if (digit < 0 || digit > 9 || scale > 1e9) return -1
		number += digit * scale
		scale *= 10
	}
	return -1
}
