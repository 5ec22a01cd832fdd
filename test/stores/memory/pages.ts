import type { Page, PageRequest } from '@vigil/domain'

/** The cursor is none that a page of this list gave. */
class InvalidCursorError extends Error {
	override readonly name = 'InvalidCursorError'
}

/** A row's place in a list that is ordered by a time and then by id. */
export interface Position {
	readonly at: number
	readonly id: string
}

/** One page of the items. */
export function pageOf<Item>(
	list: string,
	items: Iterable<Item>,
	{ limit, cursor }: PageRequest,
	positionOf: (item: Item) => Position,
	direction: 1 | -1 = 1,
): Page<Item> {
	const order = (one: Position, other: Position) =>
		direction * (one.at - other.at || (one.id < other.id ? -1 : Number(one.id > other.id)))
	const after = cursor === undefined ? undefined : parse(list, cursor)
	const rows = [...items]
		.filter((item) => after === undefined || order(positionOf(item), after) > 0)
		.sort((one, other) => order(positionOf(one), positionOf(other)))
	const shown = rows.slice(0, limit)
	const last = shown.at(-1)
	return rows.length > limit && last ? { items: shown, nextCursor: cursorOf(list, positionOf(last)) } : { items: shown }
}

function cursorOf(list: string, { at, id }: Position): string {
	return Buffer.from(JSON.stringify([list, at, id])).toString('base64url')
}

function parse(list: string, cursor: string): Position {
	try {
		const [name, at, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
		if (name === list && typeof at === 'number' && typeof id === 'string') return { at, id }
	} catch {
		// What cannot be read is no cursor either.
	}
	throw new InvalidCursorError('The cursor is not one that this list gave.')
}
