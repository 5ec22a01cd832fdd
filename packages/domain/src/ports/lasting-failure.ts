/**
 * Whether a store will refuse the same write for ever: what was to be written does not fit. Everything else, a store that is away, read-only,
 * full or slow, is worth another try. Adapters say so by `isLasting` on their errors.
 */
export function isLastingFailure(error: unknown): boolean {
	return error instanceof Error && 'isLasting' in error && error.isLasting === true
}
