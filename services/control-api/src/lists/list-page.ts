import type { PageQuery } from '@vigil/contracts'
import type { Page, PageRequest } from '@vigil/domain'

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
