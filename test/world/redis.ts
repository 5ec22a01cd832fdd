import { env } from 'node:process'

/** Redis counts its databases from 0; the last one by its default settings. */
const LAST_DATABASE = 15

/**
 * Redis of the surroundings, where there is one: a database of its own for each process that runs files of tests, as one
 * platform takes the jobs of another that shares its database.
 */
export function redisOfThisProcess(): { REDIS_URL?: string } {
	const { REDIS_URL, VITEST_POOL_ID = '0' } = env
	if (REDIS_URL === undefined) return {}
	const url = new URL(REDIS_URL)
	url.pathname = `/${Number(VITEST_POOL_ID) % (LAST_DATABASE + 1)}`
	return { REDIS_URL: url.href }
}
