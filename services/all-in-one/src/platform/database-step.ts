import { resolve } from 'node:path'
import {
	checkDatabase,
	connectDatabase,
	createStores,
	type Database,
	type EmbeddedPostgres,
	KeyRing,
	migrate,
	newKeyText,
	type Stores,
	startEmbeddedPostgres,
} from '@vigil/postgres'
import type { Clock, Logger } from '@vigil/runtime'
import type { Settings } from '../settings.ts'
import { type GeneratedKeys, generatedKeys } from '../state/generated-keys.ts'

/** The database of this process, ready for use, and the keys that belong to it. */
export interface OpenDatabase {
	readonly url: string
	readonly database: Database
	readonly stores: Stores
	readonly keys: GeneratedKeys
	/** The file that the keys lie in, and whether this start has made it. */
	readonly keysFile: string
	readonly keysAreNew: boolean
	close(): Promise<void>
}

/**
 * Starts the embedded server, or uses the one that is set; brings its schema up to date. Throws one plain sentence, or the
 * signal's reason where that breaks off the creation of the embedded one.
 */
export async function openDatabase(settings: Settings, logger: Logger, signal: AbortSignal): Promise<OpenDatabase> {
	const stateDir = resolve(settings.stateDir)
	const { keys, file: keysFile, isNew: keysAreNew } = await generatedKeys(stateDir, () => newKeyText('k1'))
	const keyRing = KeyRing.fromText(settings.keyRing ?? keys.keyRing)
	const embedded = settings.databaseUrl === undefined ? await startEmbedded(stateDir, logger, signal) : undefined
	const url = embedded?.url ?? settings.databaseUrl ?? ''
	const database = connectDatabase({ url })
	const close = async () => {
		await database.close()
		await embedded?.stop()
	}
	try {
		await checkDatabase(database)
		await migrate(database)
	} catch (error) {
		await close()
		throw error
	}
	return { url, database, stores: createStores(database, keyRing), keys, keysFile, keysAreNew, close }
}

function startEmbedded(stateDir: string, logger: Logger, signal: AbortSignal): Promise<EmbeddedPostgres> {
	return startEmbeddedPostgres({ stateDir, signal, log: (message) => logger.info({}, message) })
}

/** Calls that are open when a process starts are nobody's: there is one process for one database. */
export async function closeAbandonedCalls({ calls }: Stores, clock: Clock, logger: Logger): Promise<void> {
	const closed = await calls.closeAbandoned(clock.wall())
	if (closed > 0) logger.warn({ calls: closed }, 'calls that were left open by a process that ended are closed')
}
