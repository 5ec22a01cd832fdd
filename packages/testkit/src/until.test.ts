import { describe, expect, it } from 'vitest'
import { until } from './until.ts'

describe('until', () => {
	it('returns the first truthy value', async () => {
		let polls = 0
		expect(await until(() => (++polls >= 3 ? `after ${polls}` : undefined))).toBe('after 3')
	})

	it('waits for an asynchronous condition that fails at first', async () => {
		let polls = 0
		const value = await until(async () => {
			if (++polls < 60) throw new Error('not there')
			return polls
		})
		expect(value).toBe(60)
	})

	it('says what it waited for and why it was not met', async () => {
		const failure = until(
			() => {
				throw new Error('connection refused')
			},
			{ deadlineMs: 1, what: () => 'the server to answer' },
		)
		await expect(failure).rejects.toThrow('not true within 1 ms: the server to answer (last error: connection refused)')
	})
})
