import {
	connectDatabase,
	createStores,
	type Database,
	KeyRing,
	migrate,
	newKeyText,
	removeEmbeddedPostgres,
	type Stores,
	startEmbeddedPostgres,
} from '@vigil/postgres'
import type { RunScope } from '../run/run-scope.ts'

/** A fresh database of the run, and the key ring that seals in it. */
export interface BenchDatabase {
	readonly url: string
	readonly keyRingText: string
	readonly keyRing: KeyRing
	readonly database: Database
	readonly stores: Stores
}

/** Nothing in it need survive a power cut. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '4GB' }
const STATEMENT_TIMEOUT_MS = 120_000

/** Starts an embedded PostgreSQL with the service's schema; gone at the end of the run. */
export async function startBenchDatabase(scope: RunScope): Promise<BenchDatabase> {
	const stateDir = await scope.folder('state')
	scope.defer(() => removeEmbeddedPostgres({ stateDir }))
	const { url } = await startEmbeddedPostgres({ stateDir, settings: SETTINGS })
	const database = connectDatabase({ url, statementTimeoutMs: STATEMENT_TIMEOUT_MS })
	scope.defer(() => database.close())
	await migrate(database)
	const keyRingText = newKeyText('bench')
	const keyRing = KeyRing.fromText(keyRingText)
	return { url, keyRingText, keyRing, database, stores: createStores(database, keyRing) }
}
