import type { Database } from './connect.ts'
import { DatabaseUnavailableError } from './database-error.ts'

/**
 * Tells whether the database answers within `timeoutMs`; for start-up and health.
 *
 * @throws DatabaseUnavailableError with one plain sentence, without credentials.
 */
export async function checkDatabase(database: Database, timeoutMs = 2000): Promise<void> {
	let timer: NodeJS.Timeout | undefined
	const deadline = new Promise<never>((_, reject) => {
		const late = `The database at ${database.address} did not answer within ${timeoutMs} ms.`
		timer = setTimeout(() => reject(new DatabaseUnavailableError('TIMEOUT', late)), timeoutMs)
	})
	try {
		await Promise.race([database.asPlatform((sql) => sql`select 1`), deadline])
	} finally {
		clearTimeout(timer)
	}
}
