/** Text that PostgreSQL can hold: a NUL or half a surrogate pair, which a caller can put into a SIP header, becomes U+FFFD. */
export function storable(text: unknown): string {
	return String(text).toWellFormed().replaceAll('\0', '\uFFFD')
}
