/** How much one message may hold; beyond it the message is refused, not truncated. */
export interface ParseLimits {
	/** Bytes of the whole message. */
	readonly maxMessageBytes: number
	/** Header fields in one message. */
	readonly maxHeaders: number
	/** Bytes of one header field, folded lines included, and of the start line. */
	readonly maxHeaderBytes: number
	/** Separators (`;`, `,`, `&`) in one header field or the start line: parameters, entries of a list, header fields of a URI. */
	readonly maxParameters: number
}

/** A UDP datagram's worth of message, and header sizes that real Record-Route and Identity stacks stay under. */
export const DEFAULT_PARSE_LIMITS: ParseLimits = {
	maxMessageBytes: 65_535,
	maxHeaders: 256,
	maxHeaderBytes: 8_192,
	maxParameters: 512,
}
