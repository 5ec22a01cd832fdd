import type { FencingTokens } from '@vigil/domain'
import type { Database } from '../database/connect.ts'

/** Fencing tokens from a sequence: unique between all processes on the database. */
export function fencingTokens(database: Database): FencingTokens {
	return {
		async next() {
			const [row] = await database.asPlatform(
				(sql) => sql<{ token: number }[]>`select nextval('vigil.lease_epochs')::integer as token`,
			)
			if (!row) throw new Error('the database gave no fencing token')
			return row.token
		},
	}
}
