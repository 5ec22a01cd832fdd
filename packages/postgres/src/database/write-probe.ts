import type { Database } from './connect.ts'
import { DatabaseError } from './database-error.ts'

const LOCK_NOT_AVAILABLE = '55P03'

const REASONS: Readonly<Record<string, string>> = {
	'25006': 'is read-only: it is a standby, or was set so',
	'53100': 'has no disk space left',
	'53200': 'has no memory left',
	'57014': 'does not carry out a write in time',
	'58030': 'cannot write to its disk',
}

/**
 * Writes to the database, for health checks: a new file with one block, so that a full disk shows before anything is lost by it. The
 * table is the probe's own. Ends in any case, by the deadlines of statements.
 *
 * @throws DatabaseUnavailableError or DatabaseError, with one plain sentence and without credentials.
 */
export async function probeWrite(database: Database): Promise<void> {
	try {
		// Several at once are one transaction and one round trip.
		await database.asPlatform((sql) =>
			sql.unsafe(`
				set local lock_timeout = '1s';
				truncate vigil.write_probe;
				insert into vigil.write_probe values (vigil.now_ms())
			`),
		)
	} catch (error) {
		// Another process writes its own: that is as good.
		if (error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE) return
		throw plain(error, database.address)
	}
}

function plain(error: unknown, address: string): unknown {
	if (!(error instanceof DatabaseError)) return error
	const reason = REASONS[error.code]
	return reason === undefined ? error : new DatabaseError(error.code, `The database at ${address} ${reason}.`)
}
