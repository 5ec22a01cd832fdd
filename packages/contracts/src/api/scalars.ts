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

const HOST_PORT = /^(?:\[(?<v6>[^\]]*)\]|(?<host>[^:[\]]*))(?::(?<port>\d{1,5}))?$/

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
	const { v6, host = '', port } = HOST_PORT.exec(text)?.groups ?? {}
	if (v6 === undefined ? !isHost(host) : !z.ipv6().safeParse(v6).success) return 'none'
	if (port === undefined) return 'default'
	return Number(port) >= 1 && Number(port) <= 65_535 ? Number(port) : 'none'
}

/** A name never ends in a label of digits, so what does is an IPv4 address or a slip of the pen (RFC 3986 3.2.2). */
function isHost(host: string): boolean {
	if (/(?:^|\.)\d*$/.test(host)) return z.ipv4().safeParse(host).success
	return z.hostname().safeParse(host).success
}

/** An address, or a network in prefix notation (RFC 4632, RFC 4291 2.3). */
export const networkSchema = z
	.string()
	.max(64)
	.refine((text) => [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()].some((kind) => kind.safeParse(text).success), {
		error: 'must be an address, or a network such as 192.0.2.0/24',
	})

/** Where an INVITE to the registered Contact is taken from. */
export const inviteSourceSchema = z.enum(['any', 'registrar'])

/** Path of a WebSocket URL, as it stands there: RFC 3986 3.3, with a query where the server wants one. */
export const urlPathSchema = z
	.string()
	.max(255)
	.regex(
		/^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*$/,
		'must be the path of a URL, from its first slash on',
	)

/** How a list is asked for: at most `limit` items, after `cursor`. */
export const pageQuerySchema = z.strictObject({
	limit: z.coerce.number().int().min(1).max(200).default(50),
	cursor: z.string().min(1).max(512).optional().meta({ description: 'The `nextCursor` of the page before.' }),
})

export type PageQuery = z.infer<typeof pageQuerySchema>

/**
 * One page of a list; `nextCursor` is absent on the last. A page may be shorter than asked for, or empty, though another follows:
 * so many rows are looked at for one page, and no more.
 */
export function pageOf<Item extends z.ZodType>(item: Item) {
	return z.object({ items: z.array(item), nextCursor: z.string().optional() })
}
