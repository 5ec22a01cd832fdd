type Nullable<T> = { [Key in keyof T]-?: null extends T[Key] ? Key : never }[keyof T]

/** A row whose null columns are absent fields, as the domain has them. */
export type Present<T> = Omit<T, Nullable<T>> & { [Key in Nullable<T>]?: NonNullable<T[Key]> }

/** Drops the fields that are null. */
export function present<T extends object>(row: T): Present<T> {
	const fields: Partial<Record<keyof T, unknown>> = {}
	for (const name in row) if (row[name] !== null) fields[name] = row[name]
	return fields as Present<T>
}

/** Drops the fields that are undefined: what is left is to be written. */
export function stated<T extends object>(change: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
	return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as never
}

/** The one row that a write returns. */
export function only<T>(rows: readonly T[]): T {
	const [row] = rows
	if (row === undefined) throw new Error('the database returned no row where it must return one')
	return row
}
