import type { ScenarioName } from '../options.ts'
import type { Fault } from './fault.ts'
import { fullPostgres } from './postgres-full.ts'
import { postgresBehind, readOnlyPostgres } from './postgres-ways.ts'
import { redisBehind } from './redis-ways.ts'

/** What each scenario starts. Throws CannotMakeFault where this machine does not let it. */
export const FAULTS: Readonly<Record<ScenarioName, () => Promise<Fault>>> = {
	'postgres-stop': () => postgresBehind({ kind: 'stop' }),
	'postgres-slow': () => postgresBehind({ kind: 'slow', delayMs: 300 }),
	'postgres-mute': () => postgresBehind({ kind: 'mute' }),
	'postgres-readonly': readOnlyPostgres,
	'postgres-full': fullPostgres,
	'redis-stop': () => redisBehind({ kind: 'stop' }),
	'redis-mute': () => redisBehind({ kind: 'mute' }),
}
