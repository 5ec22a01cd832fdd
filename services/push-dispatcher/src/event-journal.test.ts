import type { CallEvent, CallId } from '@vigil/domain'
import { silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { EventJournal } from './event-journal.ts'

let clock: VirtualClock
let batches: string[][]
/** Calls whose own record is not there yet. */
let unknown: Set<string>
let journal: EventJournal

beforeEach(() => {
	clock = new VirtualClock()
	batches = []
	unknown = new Set()
	const append = async (events: readonly CallEvent[]) => {
		if (events.some(({ callId }) => unknown.has(callId))) throw new Error('no such call')
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

	it('gives up after a while and counts it', async () => {
		unknown.add('1')
		record('1')
		await clock.advance(60_000)
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
