import type { Account } from '@vigil/domain'
import type { Clock, TimerHandle } from '@vigil/runtime'
import type { AccountDirectory, DirectoryEntry } from './account-directory.ts'
import type { AccountFollower } from './account-follower.ts'

/** A server that is gone must not cost the account its calls at the new one. */
const FAREWELL_MS = 2000

/** Who follows an account where it is. */
export interface FollowerInPlace extends Omit<AccountFollower, 'moved' | 'removed'> {
	/** Gone, or, where it is succeeded, in another slot from now on. */
	removed(slot: number, isSucceeded: boolean): void
}

/** Who registers for the accounts. */
export interface MovableRegistrations {
	/** The registration of `to` goes on with the numbers of `from`. */
	succeed(from: number, to: number): void
	/** Calls back when nothing is bound any more for the removed account, at once where nothing was. */
	whenGone(slot: number, fn: () => void): void
}

/**
 * What is bound for an account whose name, server, way to it or Contact changes must go by the old way: the old slot
 * leaves as that of a removed account does, with its old facts and keys, and the account begins anew in another slot.
 * For the same address-of-record the two take turns, since both ways may lead to one registrar.
 */
export class AccountMoves implements AccountFollower {
	readonly #follower: FollowerInPlace
	readonly #registrations: MovableRegistrations
	readonly #directory: AccountDirectory
	readonly #clock: Clock
	/** New slots that wait for their old ones. */
	readonly #waiting = new Map<number, TimerHandle>()

	constructor(
		follower: FollowerInPlace,
		registrations: MovableRegistrations,
		directory: AccountDirectory,
		clock: Clock,
	) {
		this.#follower = follower
		this.#registrations = registrations
		this.#directory = directory
		this.#clock = clock
	}

	admitted(slot: number, entry: DirectoryEntry): void {
		this.#follower.admitted(slot, entry)
	}

	changed(slot: number, entry: DirectoryEntry): void {
		// What waits begins with whatever the directory says then.
		if (!this.#waiting.has(slot)) this.#follower.changed(slot, entry)
	}

	removed(slot: number): void {
		this.#remove(slot, false)
	}

	moved(from: number, to: number, { before, after }: { before: Account; after: DirectoryEntry }): void {
		this.#registrations.succeed(from, to)
		this.#remove(from, true)
		if (!sameAddress(before, after.account)) {
			this.#follower.changed(to, after)
			return
		}
		const begin = () => {
			if (!this.#endWait(to)) return
			const entry = this.#directory.at(to)
			if (entry) this.#follower.changed(to, entry)
		}
		this.#waiting.set(to, this.#clock.setTimer(FAREWELL_MS, begin))
		this.#registrations.whenGone(from, begin)
	}

	close(): void {
		for (const slot of [...this.#waiting.keys()]) this.#endWait(slot)
	}

	#remove(slot: number, isSucceeded: boolean): void {
		this.#endWait(slot)
		this.#follower.removed(slot, isSucceeded)
	}

	#endWait(slot: number): boolean {
		const timer = this.#waiting.get(slot)
		if (timer !== undefined) this.#clock.clearTimer(timer)
		return this.#waiting.delete(slot)
	}
}

/** Whether the account is bound elsewhere, by another way or under another Contact from now on. */
export function bindsElsewhere(before: Account, after: Account): boolean {
	return (
		!sameAddress(before, after) ||
		before.transport !== after.transport ||
		before.webSocketPath !== after.webSocketPath ||
		before.contactToken !== after.contactToken ||
		before.attributes.outboundProxy !== after.attributes.outboundProxy ||
		before.attributes.natEmulation !== after.attributes.natEmulation
	)
}

function sameAddress(before: Account, after: Account): boolean {
	return before.username === after.username && before.domain === after.domain
}
