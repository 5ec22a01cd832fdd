import type { PageQuery } from '@vigil/contracts'
import type { Page, PageRequest } from '@vigil/domain'
import { invalidField } from '../problems/problem-error.ts'

/** The page request for a store. */
export function pageRequest({ limit, cursor }: PageQuery): PageRequest {
	return cursor === undefined ? { limit } : { limit, cursor }
}

/** A page of views from a page of a store. */
export function viewPage<Item, View>(
	page: Page<Item>,
	view: (item: Item) => View,
): { items: View[]; nextCursor?: string } {
	const items = page.items.map(view)
	return page.nextCursor === undefined ? { items } : { items, nextCursor: page.nextCursor }
}

/** One page of a list that the store gives as a whole; the cursor names the last item of the page before. */
export function pageOfWhole<Item extends { readonly id: string }>(
	whole: readonly Item[],
	{ limit, cursor }: PageQuery,
): Page<Item> {
	const from = cursor === undefined ? 0 : whole.findIndex((item) => item.id === cursor) + 1
	if (cursor !== undefined && from === 0) {
		throw invalidField('cursor', 'format', 'is not a cursor of this list, or its item was removed')
	}
	const items = whole.slice(from, from + limit)
	const last = items.at(-1)
	return last !== undefined && from + limit < whole.length ? { items, nextCursor: last.id } : { items }
}
