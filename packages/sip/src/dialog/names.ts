/**
 * A dialog as a message names it. Which tag is whose differs from field to field, so they are just the first and the second here; one
 * that the message leaves out is undefined.
 */
export interface DialogReference {
	readonly callId: string
	readonly tags: readonly [string | undefined, string | undefined]
}

/** The names that things of our calls have on the other side of a back-to-back user agent; undefined for what is not ours to rename. */
export interface DialogNames {
	/** The same call's dialog on the other side, each tag in its place. */
	dialog(reference: DialogReference): DialogReference | undefined
	/** The Call-ID of the same call on the other side. */
	callId(callId: string): string | undefined
	/** What a Contact URI of ours stands for: the URI of the far end. */
	target(uri: string): string | undefined
}
