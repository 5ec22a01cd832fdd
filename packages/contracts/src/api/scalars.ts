import { z } from 'zod'

/** Identity of an object of this API. */
export const idSchema = z
	.string()
	.max(64)
	.regex(/^[A-Za-z0-9_-]+$/, 'must be an identity as this API gives them out')

/** An instant, ISO 8601 in UTC with milliseconds. */
export const instantSchema = z.iso.datetime().meta({ description: 'Instant, ISO 8601 in UTC.' })

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get into a SIP header.
const NO_CONTROL = /^[^\u0000-\u001f\u007f]*$/

/** Text that people read: at least one character, no control characters. */
export function lineOfText(maxLength: number) {
	return z.string().min(1).max(maxLength).regex(NO_CONTROL, 'must not contain control characters')
}

/** User part of a SIP URI (RFC 3261 25.1 `user`), as it stands in the URI. */
export const sipUserSchema = z
	.string()
	.min(1)
	.max(128)
	.regex(/^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+$/, 'must be the user part of a SIP URI')

const HOST_PORT = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?$/

/** `host` or `host:port`; an IPv6 address stands in square brackets. */
export const hostPortSchema = z
	.string()
	.max(255)
	.refine((text) => portOf(text) !== 'none', { error: 'must be host or host:port' })

/** `host:port`, both needed. */
export const hostAndPortSchema = z
	.string()
	.max(255)
	.refine((text) => typeof portOf(text) === 'number', { error: 'must be host:port' })

function portOf(text: string): number | 'default' | 'none' {
	const match = HOST_PORT.exec(text)
	if (match === null) return 'none'
	if (match[1] === undefined) return 'default'
	const port = Number(match[1])
	return port >= 1 && port <= 65_535 ? port : 'none'
}

/** How a list is asked for: at most `limit` items, after `cursor`. */
export const pageQuerySchema = z.strictObject({
	limit: z.coerce.number().int().min(1).max(200).default(50),
	cursor: z.string().min(1).max(512).optional(),
})

export type PageQuery = z.infer<typeof pageQuerySchema>

/** One page of a list; `nextCursor` is absent on the last. */
export function pageOf<Item extends z.ZodType>(item: Item) {
	return z.object({ items: z.array(item), nextCursor: z.string().optional() })
}
