import type { AccountDirectory } from '../accounts/account-directory.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Upstreams } from '../upstream/upstreams.ts'

/** The SIP servers by the accounts that name them. */
export class AccountServers {
	readonly #directory: AccountDirectory
	readonly #upstreams: Upstreams

	constructor(directory: AccountDirectory, upstreams: Upstreams) {
		this.#directory = directory
		this.#upstreams = upstreams
	}

	/** Undefined when the account names none that can be reached. */
	of(slot: number): Upstream | undefined {
		const profile = this.#directory.profile(slot)
		try {
			return profile && this.#upstreams.of(profile)
		} catch {
			return undefined
		}
	}

	/** Those at an address, whatever their port. */
	at(host: string): Iterable<Upstream> {
		return this.#upstreams.at(host)
	}

	/** Where one request goes: to its server, or there where a 3xx sent it. */
	target(slot: number, redirectUri: string | undefined): Upstream | undefined {
		const usual = this.of(slot)
		if (redirectUri === undefined || !usual) return usual
		return this.#upstreams.redirected(redirectUri, usual.target) ?? usual
	}
}
