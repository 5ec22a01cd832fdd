import type { Page, PageRequest } from '@vigil/domain'

/** The cursor is none that a page of this list gave. */
export class InvalidCursorError extends Error {
	constructor() {
		super('The cursor is not one that this list gave.')
		this.name = 'InvalidCursorError'
	}
}

/** A row's place in a list that is ordered by time and then by id. */
export interface Position {
	readonly atMs: number
	readonly id: string
}

const MAX_LIMIT = 1000

/** Rows to ask for: one more than the page, to know whether another follows. */
export function rowsToRead(page: PageRequest): number {
	return pageSize(page) + 1
}

/** @throws InvalidCursorError when the request's cursor cannot be read. */
export function startOf(page: PageRequest): Position | undefined {
	if (page.cursor === undefined) return undefined
	const [atMs, id] = parse(page.cursor)
	if (typeof atMs !== 'number' || typeof id !== 'string') throw new InvalidCursorError()
	return { atMs, id }
}

/** Makes the page from `rowsToRead` rows. */
export function toPage<Item>(
	items: readonly Item[],
	page: PageRequest,
	positionOf: (item: Item) => Position,
): Page<Item> {
	const size = pageSize(page)
	const last = items[size - 1]
	if (items.length <= size || !last) return { items: items.slice() }
	const { atMs, id } = positionOf(last)
	return { items: items.slice(0, size), nextCursor: Buffer.from(JSON.stringify([atMs, id])).toString('base64url') }
}

function pageSize(page: PageRequest): number {
	return Math.min(Math.max(1, Math.trunc(page.limit)), MAX_LIMIT)
}

function parse(cursor: string): readonly unknown[] {
	try {
		const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
		return Array.isArray(value) && value.length === 2 ? value : []
	} catch {
		throw new InvalidCursorError()
	}
}
