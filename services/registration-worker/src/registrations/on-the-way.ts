import type { OwnContact } from '@vigil/domain'
import type { AimedServer } from '../pacing/aimed-server.ts'
import type { UpstreamPace } from '../pacing/upstream-pace.ts'
import type { Route, Upstream } from '../upstream/upstream.ts'
import type { Offer } from './shared-challenges.ts'

/** What one turn is aimed at. */
export interface Aim {
	server: AimedServer
	/** REGISTERs that were counted, as the server has accepted none. */
	counted: number
	/** The next one to be sent is among them. */
	isCounted: boolean
}

/** An account whose REGISTER is being sent or waits for its answer. */
export interface OnTheWay {
	/** Where it has its turn; none where there is no server to take turns for. */
	readonly pace: UpstreamPace | undefined
	readonly beganAtMs: number
	readonly aim: Aim | undefined
	attempt: number
	upstream: Upstream | undefined
	route: Route | undefined
	sentAtMs: number
	/** What was said of our Contact. */
	own: OwnContact
	/** How long ago the nonce that the account holds was last accepted; infinite without one. */
	nonceAgeMs: number
	/** It answered this, which the server had asked of others; until the answer to that. */
	unasked: Offer | undefined
	/** A 3xx has sent it elsewhere: what is said there says nothing of the account's own server. */
	redirected: boolean
	/** The server has asked who it is. */
	challenged: boolean
	/** It was never asked before this turn. */
	isFirstAsked: boolean
}

const NOTHING_SENT: OwnContact = { contactUser: '', contactUri: '', aor: '' }

/** A turn in which nothing was sent yet. */
export function newTurn(pace: UpstreamPace | undefined, beganAtMs: number, aim: Aim | undefined): OnTheWay {
	return {
		pace,
		beganAtMs,
		aim,
		attempt: 0,
		upstream: undefined,
		route: undefined,
		sentAtMs: 0,
		own: NOTHING_SENT,
		nonceAgeMs: Number.POSITIVE_INFINITY,
		unasked: undefined,
		redirected: false,
		challenged: false,
		isFirstAsked: false,
	}
}

/**
 * Those who are on their way, by slot: an array, as a map makes itself anew after every few hundred that left it, and each
 * refresh enters and leaves.
 */
export class TurnsUnderWay {
	readonly #ways: (OnTheWay | undefined)[] = []

	get(slot: number): OnTheWay | undefined {
		return this.#ways[slot]
	}

	set(slot: number, way: OnTheWay): void {
		while (this.#ways.length <= slot) this.#ways.push(undefined)
		this.#ways[slot] = way
	}

	delete(slot: number): void {
		if (slot < this.#ways.length) this.#ways[slot] = undefined
	}
}
