import type { HomeRealm } from '@vigil/domain'

/** Fits a 16-bit column; servers that invent realms without end fill it, and theirs are not remembered then. */
const MOST = 60_000

/** The realms of servers, each kept once, by number from 1; 0 for none. */
export class HomeRealms {
	readonly #byKey = new Map<string, number>()
	readonly #realms: HomeRealm[] = []

	numberOf(home: HomeRealm | undefined): number {
		if (home === undefined) return 0
		const key = `${home.proxy} ${home.algorithm} ${home.realm}`
		const known = this.#byKey.get(key)
		if (known !== undefined) return known
		if (this.#realms.length >= MOST) return 0
		const number = this.#realms.push(home)
		this.#byKey.set(key, number)
		return number
	}

	get(number: number): HomeRealm | undefined {
		return this.#realms[number - 1]
	}
}
