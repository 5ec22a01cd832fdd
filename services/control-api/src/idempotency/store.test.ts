import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { MemoryIdempotencyStore } from './store.ts'

const answer = { status: 201, body: '{}' }

function scene(capacity?: number) {
	const clock = new VirtualClock()
	const options = capacity === undefined ? {} : { capacity }
	return { clock, store: new MemoryIdempotencyStore({ clock, ttlMs: 1_000, ...options }) }
}

describe('MemoryIdempotencyStore', () => {
	it('tells new, running, different and done apart', async () => {
		const { store } = scene()
		expect(await store.claim('k', 'a')).toEqual({ kind: 'new' })
		expect(await store.claim('k', 'a')).toEqual({ kind: 'running' })
		expect(await store.claim('k', 'b')).toEqual({ kind: 'different' })
		await store.finish('k', answer)
		expect(await store.claim('k', 'a')).toEqual({ kind: 'done', answer })
		expect(await store.claim('k', 'b')).toEqual({ kind: 'different' })
	})

	it('lets an abandoned key be used anew', async () => {
		const { store } = scene()
		await store.claim('k', 'a')
		await store.abandon('k')
		expect(await store.claim('k', 'b')).toEqual({ kind: 'new' })
	})

	it('forgets after its time, counted from the answer', async () => {
		const { store, clock } = scene()
		await store.claim('k', 'a')
		await clock.advance(900)
		await store.finish('k', answer)
		await clock.advance(900)
		expect((await store.claim('k', 'a')).kind).toBe('done')
		await clock.advance(100)
		expect((await store.claim('k', 'a')).kind).toBe('new')
	})

	it('keeps the latest when it is full', async () => {
		const { store } = scene(2)
		for (const key of ['a', 'b', 'c']) {
			await store.claim(key, 'x')
			await store.finish(key, answer)
		}
		expect((await store.claim('b', 'x')).kind).toBe('done')
		expect((await store.claim('c', 'x')).kind).toBe('done')
		expect((await store.claim('a', 'x')).kind).toBe('new')
	})

	it('ignores the end of what it does not know', async () => {
		const { store } = scene()
		await store.finish('none', answer)
		expect((await store.claim('none', 'a')).kind).toBe('new')
	})
})
