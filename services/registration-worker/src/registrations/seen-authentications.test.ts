import type { Account, HeldChallenge } from '@vigil/domain'
import type { Logger } from '@vigil/runtime'
import type { Challenge } from '@vigil/sip'
import { VirtualClock } from '@vigil/testkit'
import { describe, expect, it } from 'vitest'
import { SeenAuthentications } from './seen-authentications.ts'

const SERVER = 'udp:pbx.example'
const HOUR_MS = 3_600_000

function held(change: Partial<Challenge> = {}): HeldChallenge[] {
	const usual = { proxy: false, realm: 'pbx', algorithm: 'SHA-256-sess', nonce: 'n', qop: ['auth'] } as const
	return [{ challenge: { ...usual, stale: false, userhash: false, ...change }, nonceCount: 1 }]
}

class Bench {
	readonly clock = new VirtualClock()
	readonly reported: number[] = []
	readonly logged: unknown[] = []
	readonly seen = new SeenAuthentications({
		clock: this.clock,
		logger: { warn: (facts: unknown) => void this.logged.push(facts) } as unknown as Logger,
		report: (slot) => void this.reported.push(slot),
	})

	follow(slot: number, authentication?: Account['authentication'], credentialVersion = 1): void {
		const account = { credentialVersion, ...(authentication && { authentication }) } as Account
		this.seen.follow(slot, account, SERVER)
	}

	/** A turn of a registered account that answers what it is asked. */
	answer(slot: number, challenges: HeldChallenge[], isSteady = true): void {
		this.seen.answered(slot, challenges, { isFirstAsked: false }, isSteady)
	}
}

describe('what the servers of accounts ask for', () => {
	it('is written with the first registration, and never by a refresh', () => {
		const bench = new Bench()
		bench.follow(0)
		expect(bench.seen.shown(0)).toBeUndefined()
		bench.answer(0, held(), false)
		for (let refresh = 0; refresh < 10; refresh++) bench.answer(0, held({ nonce: `n${refresh}` }))
		expect(bench.reported).toEqual([])
		expect(bench.seen.shown(0)).toMatchObject({ server: SERVER, byServer: { realm: 'pbx', algorithm: 'SHA-256' } })
	})

	it('is known after a restart: the same is no news, and something else is', () => {
		const before = new Bench()
		before.follow(0)
		before.answer(0, held(), false)
		const bench = new Bench()
		bench.follow(0, before.seen.shown(0))
		bench.answer(0, held(), false)
		expect(bench.reported).toEqual([])
		bench.answer(0, held({ algorithm: 'MD5' }), false)
		expect(bench.reported).toEqual([0])
		expect(bench.seen.changes).toEqual({ 'realm-changed': 0, weaker: 1 })
	})

	it('is one line in the log for all accounts of a server that moves', () => {
		const bench = new Bench()
		for (let slot = 0; slot < 100; slot++) {
			bench.follow(slot)
			bench.answer(slot, held(), false)
			bench.answer(slot, held({ realm: 'moved' }))
		}
		expect(bench.reported).toHaveLength(100)
		expect(bench.logged).toMatchObject([{ upstream: SERVER, note: 'realm-changed', asked: { realm: 'moved' } }])
		expect(bench.seen.changes['realm-changed']).toBe(100)
	})

	it('is written once an hour at most where it is something else each time', async () => {
		const bench = new Bench()
		bench.follow(0)
		bench.answer(0, held(), false)
		for (let turn = 0; turn < 180; turn++) {
			bench.answer(0, held({ realm: `realm ${turn}` }))
			await bench.clock.advance(HOUR_MS / 60)
		}
		expect(bench.reported).toHaveLength(3)
	})

	it('begins anew with another credential, also for text that nobody stores', () => {
		const bench = new Bench()
		bench.follow(0)
		bench.answer(0, held({ realm: `\ud800\0${'x'.repeat(1000)}` }), false)
		bench.answer(0, held({ realm: `\ud800\0${'x'.repeat(1000)}` }))
		expect(bench.seen.shown(0)?.byServer?.realm).toBe(`\ufffd\ufffd${'x'.repeat(198)}`)
		bench.follow(0, undefined, 2)
		bench.answer(0, held(), false)
		expect(bench.reported).toEqual([])
		expect(bench.seen.shown(0)?.change).toBeUndefined()
	})
})
