/** Epoch milliseconds as ISO 8601 in UTC; fractions of a millisecond are dropped. */
export function instant(epochMs: number): string {
	return new Date(epochMs).toISOString()
}

/** `{ [name]: value }`, or nothing when there is no value: absent fields are left out of answers. */
export function optional<Name extends string, Value>(
	name: Name,
	value: Value | undefined,
): { readonly [key in Name]?: Value } {
	return (value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: Value }
}

/** The same for instants. */
export function optionalInstant<Name extends string>(
	name: Name,
	epochMs: number | undefined,
): { readonly [key in Name]?: string } {
	return optional(name, epochMs === undefined ? undefined : instant(epochMs))
}
