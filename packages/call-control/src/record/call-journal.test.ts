import type { Call, CallEnd, CallEvent, CallId, CallStore, TenantId } from '@vigil/domain'
import { type Logger, silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { CallJournal, type OwnedCall } from './call-journal.ts'

const END: CallEnd = { endedAtMs: 1, outcome: 'missed', finalStatus: 480 }

function event(number: number): CallEvent {
	return { callId: 'call' as CallId, atMs: number, kind: 'ringing' }
}

/** A journal over a database that can be away; what was written, in order. */
function journal(bounds?: { records: number; events: number }) {
	const clock = new VirtualClock()
	const database: { away: boolean; refused?: string } = { away: false }
	const written: string[] = []
	const told: string[] = []
	const write = async (text: string) => {
		if (database.away) throw new Error('no database')
		if (database.refused !== undefined && text.includes(database.refused)) {
			throw Object.assign(new Error('bad data'), { isLasting: true })
		}
		written.push(text)
	}
	const store: Partial<CallStore> = {
		begin: ({ id }) => write(`begin ${id}`),
		end: (_tenantId, id) => write(`end ${id}`),
		append: (events, again) => write(`events ${events.map(({ atMs }) => atMs).join(' ')}${again ? ' again' : ''}`),
	}
	const logger: Logger = { ...silentLogger, error: (_fields, text) => void told.push(text) }
	return { clock, database, written, told, journal: new CallJournal(store as CallStore, clock, logger, bounds) }
}

const owned = (id: string): OwnedCall => ({ id: id as CallId, tenantId: 'tenant' as TenantId })
const call = (id: string): Call => ({ id: id as CallId }) as Call

describe('the journal of calls', () => {
	it('writes what came together at once, the timeline before the end', async () => {
		const { journal: calls, written } = journal()
		calls.begin(call('a'))
		calls.event(event(1))
		calls.event(event(2))
		calls.end(owned('a'), END)
		await calls.flush()
		expect(written).toEqual(['events 1 2', 'begin a', 'end a'])
	})

	it('keeps everything while the database is away for a while', async () => {
		const { journal: calls, written, database, clock } = journal()
		database.away = true
		calls.begin(call('a'))
		calls.event(event(1))
		await clock.advance(2000)
		calls.event(event(2))
		calls.end(owned('a'), END)
		database.away = false
		await clock.advance(5000)
		await calls.flush()
		expect(written).toEqual(['events 1 2 again', 'begin a', 'end a'])
		expect(calls.dropped).toBe(0)
	})

	it('loses the oldest events beyond its bound, counts them, and says so once', async () => {
		const { journal: calls, written, database, clock, told } = journal({ records: 10, events: 3 })
		database.away = true
		for (let number = 1; number <= 5; number++) {
			calls.event(event(number))
			await clock.advance(600)
		}
		expect(calls.dropped).toBe(2)
		expect(told).toHaveLength(1)
		database.away = false
		await clock.advance(5000)
		calls.event(event(6))
		await calls.flush()
		expect(written).toEqual(['events 3 4 5 again', 'events 6'])
	})

	it('has another bound for records, and loses no event to them', async () => {
		const { journal: calls, written, database, clock } = journal({ records: 2, events: 10 })
		database.away = true
		calls.event(event(1))
		for (const id of ['a', 'b', 'c', 'd']) calls.begin(call(id))
		await clock.advance(100)
		calls.event(event(2))
		expect(calls.dropped).toBe(2)
		database.away = false
		await clock.advance(5000)
		await calls.flush()
		expect(written).toEqual(['events 1 2 again', 'begin c', 'begin d'])
	})

	it('drops what the database will never take, and that alone', async () => {
		const { journal: calls, written, database } = journal()
		database.refused = '2'
		calls.event(event(1))
		calls.event(event(2))
		calls.event(event(3))
		calls.begin(call('a'))
		calls.begin(call('b2'))
		calls.end(owned('a'), END)
		await calls.flush()
		expect(written).toEqual(['events 1', 'events 3', 'begin a', 'end a'])
		expect(calls.dropped).toBe(2)
	})

	it('keeps the records of each call in order, whatever becomes of one of them', async () => {
		const { journal: calls, written, database, clock } = journal()
		database.away = true
		for (const id of ['a', 'b', 'a', 'b']) {
			calls.begin(call(id))
			await clock.advance(300)
			calls.end(owned(id), END)
		}
		database.away = false
		await clock.advance(5000)
		await calls.flush()
		for (const id of ['a', 'b']) {
			const own = written.filter((text) => text.endsWith(` ${id}`))
			expect(own).toEqual([`begin ${id}`, `end ${id}`, `begin ${id}`, `end ${id}`])
		}
	})

	it('ends in bounded time while the database is away, and counts what is lost by it', async () => {
		const { journal: calls, database, clock } = journal()
		database.away = true
		calls.begin(call('a'))
		calls.event(event(1))
		await clock.advance(0)
		const closed = calls.close()
		await clock.advance(4000)
		await closed
		expect(calls.dropped).toBe(2)
		expect(clock.pendingTimers).toBe(0)
	})
})
