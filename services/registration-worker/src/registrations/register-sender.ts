import { type HeldChallenge, type RegisterLines, type RegistrationEffect, registerText } from '@vigil/domain'
import type { RenderedRequests } from '@vigil/sip-transport'
import type { AccountDirectory } from '../accounts/account-directory.ts'
import type { Route } from '../upstream/upstream.ts'
import { isConnectionBound } from '../upstream/upstream-side.ts'
import type { AccountCredentials } from './account-credentials.ts'
import type { Identities } from './identities.ts'

/** Bits of a CSeq number left to one lease epoch. */
const EPOCH_STEP = 2 ** 20

export type RegisterEffect = Extract<RegistrationEffect, { type: 'register' }>

export interface RegisterSenderDeps {
	readonly directory: AccountDirectory
	readonly identities: Identities
	readonly credentials: AccountCredentials
	readonly requests: RenderedRequests
	readonly leaseEpoch: number
}

/** Writes REGISTERs from what is kept of an account, and sends them. */
export class RegisterSender {
	readonly #deps: RegisterSenderDeps
	readonly #cseqBase: number

	constructor(deps: RegisterSenderDeps) {
		this.#deps = deps
		this.#cseqBase = deps.leaseEpoch * EPOCH_STEP
	}

	/** Whether the REGISTER can be sent without asking the database. */
	canAnswer(slot: number, answers: readonly HeldChallenge[]): boolean {
		return this.#deps.credentials.has(slot, answers)
	}

	/** Makes ready what `canAnswer` asks for. Rejects when there is no credential. */
	prepare(slot: number, answers: readonly HeldChallenge[]): Promise<void> {
		return this.#deps.credentials.open(slot, answers)
	}

	/** Sends; throws when the account is gone or cannot be written into a message. */
	send(slot: number, effect: RegisterEffect, route: Route): void {
		const { credentials, requests } = this.#deps
		const lines = this.#lines(slot, route)
		const answers =
			effect.answers.length === 0 ? '' : credentials.lines(slot, effect.answers, 'REGISTER', lines.registrarUri)
		requests.send(slot, 'REGISTER', route.flow, (branch) =>
			registerText(lines, effect.cseqCount, effect.expiresSeconds, { via: route.via + branch, credentials: answers }),
		)
	}

	#lines(slot: number, route: Route): RegisterLines {
		const { directory, identities } = this.#deps
		const facts = directory.facts(slot)
		if (!facts) throw new Error('the account is gone')
		const { domain, transport } = directory.profile(facts.profile)
		const aor = `sip:${facts.username}@${domain}`
		if (BREAKS_LINE.test(aor) || BREAKS_LINE.test(facts.authUsername)) {
			throw new Error('the account has a line break in its name or domain')
		}
		const { callId, fromTag } = identities.get(slot)
		const param = transport === 'udp' ? '' : `;transport=${transport}`
		const lines = {
			aor,
			registrarUri: `sip:${domain}`,
			contactUri: `sip:${facts.contactToken}@${route.contactHostPort}${param}`,
			callId,
			fromTag,
			cseqBase: this.#cseqBase,
		}
		return isConnectionBound(route.flow) ? { ...lines, contactParams: this.#outbound(slot) } : lines
	}

	/** RFC 5626 4.1: this account at this service is one instance with one flow, whichever node holds it. */
	#outbound(slot: number): string {
		return `;+sip.instance="<${this.#deps.identities.instance(slot)}>";reg-id=1`
	}
}

const BREAKS_LINE = /[\r\n]/
