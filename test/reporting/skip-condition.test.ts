import { describe, expect, it } from 'vitest'
import { skipCondition } from './skip-condition.ts'

describe('the condition that skips a test', () => {
	it.each([
		["describe.skipIf(!redisUrl)('queue on Redis', () => {", 'skipped if !redisUrl'],
		["it.runIf(existsSync('/proc/self'))('knows nothing', async () => {", "runs only if existsSync('/proc/self')"],
		["describe.runIf(havePeers('sipp'))(", "runs only if havePeers('sipp')"],
		['it.skipIf(', 'skipped if '],
		["it('runs', () => {", undefined],
	])('of %j is %j', (line, condition) => {
		expect(skipCondition(line)).toBe(condition)
	})
})
