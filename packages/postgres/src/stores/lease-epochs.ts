import type { LeaseEpochs } from '@vigil/domain'
import type { Database } from '../database/connect.ts'

/** Fencing numbers from a sequence: unique between all processes on the database. */
export function leaseEpochs(database: Database): LeaseEpochs {
	return {
		async next() {
			const [row] = await database.asPlatform(
				(sql) => sql<{ epoch: number }[]>`select nextval('vigil.lease_epochs')::integer as epoch`,
			)
			if (!row) throw new Error('the database gave no lease epoch')
			return row.epoch
		},
	}
}
