import type { CallEvent, CallId } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { EventJournal } from './event-journal.ts'

let clock: VirtualClock
let batches: string[][]
/** Calls whose own record is not there yet. */
let unknown: Set<string>
/** Whether the store says that it will never take them. */
let lasting: boolean
let journal: EventJournal

beforeEach(() => {
	clock = new VirtualClock()
	batches = []
	unknown = new Set()
	lasting = false
	const append = async (events: readonly CallEvent[]) => {
		if (events.some(({ callId }) => unknown.has(callId))) {
			throw Object.assign(new Error('no such call'), { isLasting: lasting })
		}
		batches.push(events.map(({ callId }) => callId))
	}
	journal = new EventJournal({ append }, clock, silentLogger)
})

function record(callId: string): void {
	journal.record({ callId: callId as CallId, atMs: clock.now(), kind: 'push.sent' })
}

describe('the event journal', () => {
	it('writes what happens together in one batch', async () => {
		record('1')
		record('2')
		await journal.flush()
		expect(batches).toEqual([['1', '2']])
	})

	it('tries a call whose record is not there yet again, without holding up the others', async () => {
		unknown.add('1')
		record('1')
		record('2')
		record('1')
		await clock.advance(50)
		expect(batches).toEqual([['2']])
		unknown.clear()
		await clock.advance(100)
		expect(batches).toEqual([['2'], ['1', '1']])
		expect(clock.pendingTimers).toBe(0)
	})

	it('gives up what the store will never take, and counts it', async () => {
		unknown.add('1')
		lasting = true
		record('1')
		await clock.advance(60_000)
		expect(journal.dropped).toBe(1)
		expect(clock.pendingTimers).toBe(0)
	})

	it('keeps everything else for as long as the store is away', async () => {
		unknown.add('1')
		record('1')
		await clock.advance(3_600_000)
		unknown.clear()
		await clock.advance(5000)
		expect(batches).toEqual([['1']])
		expect(journal.dropped).toBe(0)
	})

	it('ends though the store is away', async () => {
		unknown.add('1')
		record('1')
		await clock.advance(10)
		await journal.flush()
		expect(journal.dropped).toBe(1)
		expect(clock.pendingTimers).toBe(0)
	})

	it('does not wait out pauses when it is flushed', async () => {
		unknown.add('1')
		record('1')
		await clock.advance(10)
		unknown.clear()
		await journal.flush()
		expect(batches).toEqual([['1']])
		expect(clock.pendingTimers).toBe(0)
	})
})
