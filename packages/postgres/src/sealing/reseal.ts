import type { Database } from '../database/connect.ts'
import { json } from '../database/json.ts'
import { type KeyRing, SealError } from './key-ring.ts'
import { SEALED_COLUMNS } from './sealed-columns.ts'

export interface ResealResult {
	/** Values that are now under the current key. */
	readonly resealed: number
	/** One sentence for each value that could not be opened and stays as it is. */
	readonly refused: readonly string[]
}

/** How far a run has come: the totals after each batch. */
export interface ResealProgress {
	readonly table: string
	readonly column: string
	readonly resealed: number
	readonly refused: number
}

interface SealedRow {
	readonly id: string
	readonly value: string
}

interface Rewrapped {
	readonly id: string
	readonly old: string
	readonly new: string
}

type SealedColumn = (typeof SEALED_COLUMNS)[number]

const BATCH = 500

/**
 * Brings every sealed value under the ring's current key, in small batches beside the running service: a value that
 * somebody changes meanwhile is left to them, for they seal with the current key already. A run that is broken off is gone on
 * with by the next: what is under the current key already is not read again.
 */
export async function reseal(
	database: Database,
	keyRing: KeyRing,
	onProgress: (progress: ResealProgress) => void = () => {},
): Promise<ResealResult> {
	let resealed = 0
	const refused: string[] = []
	for (const column of SEALED_COLUMNS) {
		let after = ''
		for (;;) {
			const rows = await readStale(database, column, keyRing.currentKeyId, after)
			const last = rows.at(-1)
			if (!last) break
			after = last.id
			resealed += await replace(database, column, rewrapAll(rows, column, keyRing, refused))
			onProgress({ ...column, resealed, refused: refused.length })
		}
	}
	return { resealed, refused }
}

function readStale(
	database: Database,
	{ table, column }: SealedColumn,
	keyId: string,
	after: string,
): Promise<readonly SealedRow[]> {
	return database.asPlatform(
		(sql) => sql<SealedRow[]>`
			select id, ${sql(column)} as value from ${sql(`vigil.${table}`)}
			where id > ${after} and split_part(${sql(column)}, ':', 2) <> ${keyId}
			order by id limit ${BATCH}
		`,
	)
}

function rewrapAll(rows: readonly SealedRow[], column: SealedColumn, keyRing: KeyRing, refused: string[]): Rewrapped[] {
	return rows.flatMap(({ id, value }) => {
		try {
			return [{ id, old: value, new: keyRing.rewrap(value, { ...column, rowId: id }) }]
		} catch (error) {
			if (!(error instanceof SealError)) throw error
			refused.push(error.message)
			return []
		}
	})
}

async function replace(database: Database, { table, column }: SealedColumn, values: Rewrapped[]): Promise<number> {
	const result = await database.asPlatform(
		(sql) => sql`
			update ${sql(`vigil.${table}`)} as t set ${sql(column)} = v.new
			from jsonb_to_recordset(${json(sql, values)}) as v(id text, old text, new text)
			where t.id = v.id and t.${sql(column)} = v.old
		`,
	)
	return result.count
}
