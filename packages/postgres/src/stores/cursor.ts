import type { Page, PageRequest } from '@vigil/domain'

/** The cursor is none that a page of this list gave. */
class InvalidCursorError extends Error {
	constructor() {
		super('The cursor is not one that this list gave.')
		this.name = 'InvalidCursorError'
	}
}

/** A row's place in a list that is ordered by a number, most often a time, and then by id. */
export interface Position {
	readonly at: number
	readonly id: string
}

/** Names a list in its cursors, so that one list's are none of another's. */
export type ListName = 'accounts' | 'api-keys' | 'calls' | 'devices' | 'lines' | 'push-apps' | 'tenants'

const MAX_LIMIT = 1000

/** Rows that are looked at for one page where a filter has no index of its own, so that nothing rare is searched for without end. */
export const MOST_SCANNED = 2000

/** Rows to ask for: one more than the page, to know whether another follows. */
export function rowsToRead(page: PageRequest): number {
	return pageSize(page) + 1
}

/** @throws InvalidCursorError when the request's cursor cannot be read, or is another list's. */
export function startOf(list: ListName, page: PageRequest): Position | undefined {
	if (page.cursor === undefined) return undefined
	const [name, at, id] = parse(page.cursor)
	if (name !== list || !isPlace(list, at) || typeof id !== 'string') throw new InvalidCursorError()
	return { at, id }
}

/**
 * Makes the page from `rowsToRead` rows.
 *
 * @param scannedTo Where the search for this page ended before the list did; undefined where it reached the list's end.
 */
export function toPage<Item>(
	list: ListName,
	items: readonly Item[],
	page: PageRequest,
	positionOf: (item: Item) => Position,
	scannedTo?: Position,
): Page<Item> {
	const size = pageSize(page)
	const shown = items.slice(0, size)
	const last = items.length > size ? shown.at(-1) : undefined
	const next = last === undefined ? scannedTo : positionOf(last)
	return next === undefined ? { items: shown } : { items: shown, nextCursor: cursorOf(list, next) }
}

/** Lines are numbered; every other list is ordered by times, which have fractions. */
function isPlace(list: ListName, at: unknown): at is number {
	return list === 'lines' ? Number.isSafeInteger(at) : Number.isFinite(at)
}

function cursorOf(list: ListName, { at, id }: Position): string {
	return Buffer.from(JSON.stringify([list, at, id])).toString('base64url')
}

function pageSize(page: PageRequest): number {
	return Math.min(Math.max(1, Math.trunc(page.limit)), MAX_LIMIT)
}

function parse(cursor: string): readonly unknown[] {
	try {
		const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
		return Array.isArray(value) && value.length === 3 ? value : []
	} catch {
		throw new InvalidCursorError()
	}
}
