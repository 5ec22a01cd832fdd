import type { OwnContact } from '@vigil/domain'
import type { AimedServer } from '../pacing/aimed-server.ts'
import type { UpstreamPace } from '../pacing/upstream-pace.ts'
import type { Upstream, UpstreamPath } from '../upstream/upstream.ts'
import type { Offer } from './shared-challenges.ts'

/** What one turn is aimed at. */
export interface Aim {
	server: AimedServer
	/** REGISTERs that were counted, as the server has accepted none. */
	counted: number
	/** The next one to be sent is among them. */
	isCounted: boolean
}

/** A REGISTER that is being sent, or whose response is awaited. */
export interface InFlightRegister {
	/** Where it has its turn; none where there is no server to take turns for. */
	readonly pace: UpstreamPace | undefined
	readonly beganAtMs: number
	readonly aim: Aim | undefined
	attempt: number
	upstream: Upstream | undefined
	path: UpstreamPath | undefined
	sentAtMs: number
	/** What was said of our Contact. */
	own: OwnContact
	/** How long ago the nonce that the account holds was last accepted; infinite without one. */
	nonceAgeMs: number
	/** The challenge, put to other accounts, that this REGISTER carries credentials for already; until its response. */
	preemptive: Offer | undefined
	/** A 3xx has sent it elsewhere: what is said there says nothing of the account's own server. */
	redirected: boolean
	/** The server has asked who it is. */
	challenged: boolean
	/** It was never asked before this turn. */
	isFirstAsked: boolean
}

const NOTHING_SENT: OwnContact = { contactUser: '', contactUri: '', aor: '' }

/** A turn in which nothing was sent yet. */
export function newTurn(pace: UpstreamPace | undefined, beganAtMs: number, aim: Aim | undefined): InFlightRegister {
	return {
		pace,
		beganAtMs,
		aim,
		attempt: 0,
		upstream: undefined,
		path: undefined,
		sentAtMs: 0,
		own: NOTHING_SENT,
		nonceAgeMs: Number.POSITIVE_INFINITY,
		preemptive: undefined,
		redirected: false,
		challenged: false,
		isFirstAsked: false,
	}
}

/**
 * REGISTERs in flight by slot. An array, as a map would be rebuilt after every few hundred deletions, and each refresh is an
 * insertion and a deletion.
 */
export class InFlightRegisters {
	readonly #turns: (InFlightRegister | undefined)[] = []

	get(slot: number): InFlightRegister | undefined {
		return this.#turns[slot]
	}

	set(slot: number, turn: InFlightRegister): void {
		while (this.#turns.length <= slot) this.#turns.push(undefined)
		this.#turns[slot] = turn
	}

	delete(slot: number): void {
		if (slot < this.#turns.length) this.#turns[slot] = undefined
	}
}
