/** A word that is gone from the code, and what is said in its place. */
export interface BannedWord {
	/**
	 * A word, or a part of an identifier in camel case: `wish` is found in `stepWish`, `wishOf` and `the-wish`, and neither in
	 * `swish` nor in `wishes`. The case of its first letter does not matter.
	 */
	readonly word: string
	readonly instead: string
	/** Files and folders (with a slash at the end) where it means something else, or history is told. */
	readonly except?: readonly string[]
}

/** Words of earlier days. Each stands here so that none comes back by habit or by a merge. */
export const BANNED_WORDS: readonly BannedWord[] = [
	{ word: 'start-worker', instead: 'service.ts' },
	{ word: 'start-sip-edge', instead: 'service.ts' },
	{ word: 'start-push-dispatcher', instead: 'service.ts' },
	{ word: '@vigil/control-api/handoff', instead: '@vigil/domain' },
]
