import type { SealedPlace } from './key-ring.ts'

type Cell = (rowId: string) => SealedPlace

/** Every column whose values are sealed. */
export const SEALED_COLUMNS = [
	{ table: 'accounts', column: 'password' },
	{ table: 'push_apps', column: 'secret' },
	{ table: 'devices', column: 'sip_secret' },
	{ table: 'accounts', column: 'ha1' },
	{ table: 'idempotency_keys', column: 'answer' },
] as const

export const accountPassword: Cell = (rowId) => ({ ...SEALED_COLUMNS[0], rowId })
export const pushAppSecret: Cell = (rowId) => ({ ...SEALED_COLUMNS[1], rowId })
export const deviceSipSecret: Cell = (rowId) => ({ ...SEALED_COLUMNS[2], rowId })
export const storedResponse: Cell = (rowId) => ({ ...SEALED_COLUMNS[4], rowId })
export const accountHa1: Cell = (rowId) => ({ ...SEALED_COLUMNS[3], rowId })
