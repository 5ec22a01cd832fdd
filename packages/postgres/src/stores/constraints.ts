import { DuplicateError } from '@vigil/domain'
import { DatabaseError, MissingReferenceError } from '../database/database-error.ts'

const UNIQUE_VIOLATION = '23505'
const FOREIGN_KEY_VIOLATION = '23503'
const CHECK_VIOLATION = '23514'
const MEANT: readonly string[] = [UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION, CHECK_VIOLATION]

type Meanings = Readonly<Record<string, () => Error>>

/** Says that a constraint guards an identity: its violation is a `DuplicateError` of this field. */
export function duplicate(field: string, message: string): () => Error {
	return () => new DuplicateError(field, message)
}

/** Says that a constraint guards a reference: its violation is a `MissingReferenceError`. */
export function missing(message: string): () => Error {
	return () => new MissingReferenceError(message)
}

/** Gives violations of named constraints their meaning in the domain; everything else passes. */
export async function meaning<T>(meanings: Meanings, write: Promise<T>): Promise<T> {
	try {
		return await write
	} catch (error) {
		if (!(error instanceof DatabaseError) || error.constraint === undefined) throw error
		if (!MEANT.includes(error.code)) throw error
		throw meanings[error.constraint]?.() ?? error
	}
}
