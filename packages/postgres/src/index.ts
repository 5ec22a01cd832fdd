export { checkDatabase } from './database/check.ts'
export { connectDatabase, type Database, type DatabaseOptions, type Sql } from './database/connect.ts'
export { DatabaseError, DatabaseUnavailableError, MissingReferenceError } from './database/database-error.ts'
export { probeWrite } from './database/write-probe.ts'
export { EmbeddedPostgresError } from './embedded/embedded-error.ts'
export {
	type EmbeddedPostgres,
	type EmbeddedPostgresOptions,
	removeEmbeddedPostgres,
	startEmbeddedPostgres,
} from './embedded/launcher.ts'
export { MigrationError, type MigrationResult, migrate } from './migration/migrate.ts'
export { KeyRing, KeyRingError, newKeyText, SealError, type SealedPlace } from './sealing/key-ring.ts'
export { type ResealProgress, type ResealResult, reseal } from './sealing/reseal.ts'
export { createStores, type Stores } from './stores/stores.ts'
