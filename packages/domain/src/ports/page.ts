/** A request for one page of a list. */
export interface PageRequest {
	readonly limit: number
	/** Opaque cursor of the page before; absent for the first page. */
	readonly cursor?: string
}

export interface Page<Item> {
	readonly items: readonly Item[]
	/** Cursor of the next page; absent on the last. */
	readonly nextCursor?: string
}

/** Something with this identity exists already. `field` names what collides. */
export class DuplicateError extends Error {
	readonly field: string

	constructor(field: string, message: string) {
		super(message)
		this.name = 'DuplicateError'
		this.field = field
	}
}
