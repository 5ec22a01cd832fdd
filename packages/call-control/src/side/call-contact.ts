import { createHash } from 'node:crypto'
import { type Account, contactTokenFrom } from '@vigil/domain'
import type { RandomText } from '@vigil/runtime'

const RANDOM_BYTES = 16

/**
 * Our Contact in the dialogs of one call towards SIP servers. Its user part is made for this call: it looks like the Contact that is
 * registered and has nothing to do with it, so who sees a dialog learns nothing by which the account could be called.
 */
export class CallContact {
	/** User part of the URI: 100 random bits. */
	readonly token: string
	readonly #ending: string

	constructor({ transport }: Pick<Account, 'transport'>, random: RandomText) {
		const text = random.token(RANDOM_BYTES)
		this.token = contactTokenFrom(createHash('sha256').update(text).digest())
		this.#ending = transport === 'udp' ? '' : `;transport=${transport}`
	}

	/** The Contact value by which we are reached at `hostPort`. */
	at(hostPort: string): string {
		return `<sip:${this.token}@${hostPort}${this.#ending}>`
	}
}
