import {
	type AccountId,
	type HeldChallenge,
	type OwnContact,
	type RegisterLines,
	type RegistrationEffect,
	registerText,
} from '@vigil/domain'
import { parseUri } from '@vigil/sip'
import { type Flow, formatAddress, type PrerenderedTransactions } from '@vigil/sip-transport'
import type { AccountDirectory, AccountFacts } from '../accounts/account-directory.ts'
import type { AccountProfile } from '../accounts/account-profiles.ts'
import { privateHostPort } from '../upstream/private-address.ts'
import type { UpstreamPath } from '../upstream/upstream.ts'
import { isConnectionBound, viaOf } from '../upstream/upstream-side.ts'
import { type AccountCredentials, digestUsername } from './account-credentials.ts'
import type { Identities, WireIdentity } from './identities.ts'

/** CSeq numbers that one fencing token leaves. */
const FENCING_STEP = 2 ** 20

export type RegisterEffect = Extract<RegistrationEffect, { type: 'register' }>

export interface RegisterSenderDeps {
	readonly directory: AccountDirectory
	readonly identities: Identities
	readonly credentials: AccountCredentials
	readonly requests: PrerenderedTransactions
	readonly fencingToken: number
}

/** Writes REGISTERs from what is kept of an account, and sends them. */
export class RegisterSender {
	readonly #deps: RegisterSenderDeps
	readonly #cseqBase: number
	#lastDomain: string | undefined
	#lastRegistrarUri = ''

	constructor(deps: RegisterSenderDeps) {
		this.#deps = deps
		this.#cseqBase = deps.fencingToken * FENCING_STEP
	}

	/** Whether the REGISTER can be sent without asking the database. */
	canAnswer(slot: number, answers: readonly HeldChallenge[]): boolean {
		return this.#deps.credentials.has(slot, answers)
	}

	/** Makes ready what `canAnswer` asks for. Rejects when there is no credential. */
	prepare(slot: number, answers: readonly HeldChallenge[]): Promise<void> {
		return this.#deps.credentials.open(slot, answers)
	}

	/** Calls back whether the account answers those challenges, at once where that is at hand. */
	tried(slot: number, challenges: readonly HeldChallenge[], fn: (canAnswer: boolean) => void): void {
		const then = () => fn(this.canAnswer(slot, challenges))
		if (this.canAnswer(slot, challenges)) then()
		else this.prepare(slot, challenges).then(then, then)
	}

	/** Sends; gives what it said of our Contact. Throws when the account is gone or cannot be written into a message. */
	send(slot: number, effect: RegisterEffect, path: UpstreamPath): OwnContact {
		const { directory, identities, credentials, requests } = this.#deps
		const facts = directory.facts(slot)
		const profile = directory.profile(slot)
		if (!facts || !profile) throw new Error('the account is gone')
		const identity = identities.get(slot)
		const lines = this.#lines(facts, profile, identity, path, effect)
		const { answers, cseqCount, expiresSeconds } = effect
		const via = lines.emulatesNat ? viaOf(path.flow, privateHostPort(facts.id)) : path.via
		const parts = { username: digestUsername(facts), cnonce: identity.cnonce, uri: lines.registrarUri }
		const answered = answers.length === 0 ? '' : credentials.registerLines(slot, answers, parts)
		requests.send(slot, 'REGISTER', path.flow, (branch) =>
			registerText(lines, cseqCount, expiresSeconds, { via: via + branch, credentials: answered }, effect),
		)
		return lines
	}

	/** The Contact URI of the account over a connection, where it names that: by no other one is it ours then. */
	contactOver(slot: number, flow: Flow): string | undefined {
		const facts = isConnectionBound(flow) && !this.isBehindNat(slot) ? this.#deps.directory.facts(slot) : undefined
		return facts && `sip:${facts.contactToken}@${formatAddress(flow.local)};transport=${flow.transport}`
	}

	/** Whether the account is one that its server sees behind a NAT. */
	isBehindNat(slot: number): boolean {
		return this.#deps.directory.profile(slot)?.attributes.natEmulation === true
	}

	/** The Contact URI that a REGISTER over that path has, unless the registrar takes it without NAT emulation alone. */
	contactUri(slot: number, path: UpstreamPath, withoutNatEmulation = false): string | undefined {
		const facts = this.#deps.directory.facts(slot)
		const profile = this.#deps.directory.profile(slot)
		const emulatesNat = profile?.attributes.natEmulation === true && !withoutNatEmulation
		return facts && profile && contactUriOf(facts, profile, path, emulatesNat)
	}

	#lines(
		facts: AccountFacts,
		profile: AccountProfile,
		{ callId, fromTag }: WireIdentity,
		path: UpstreamPath,
		{ withoutOutbound, withoutNatEmulation, redirectUri }: RegisterEffect,
	): RegisterLines {
		const { domain } = profile
		const aor = `sip:${facts.username}@${domain}`
		if (breaksLine(facts.username) || breaksLine(domain) || breaksLine(facts.authUsername)) {
			throw new Error('the account has a line break in its name or domain')
		}
		const emulatesNat = profile.attributes.natEmulation && !withoutNatEmulation
		return {
			aor,
			registrarUri: (redirectUri && serverUri(redirectUri)) ?? this.#registrarUri(domain),
			contactUser: facts.contactToken,
			contactUri: contactUriOf(facts, profile, path, emulatesNat),
			contactParams: path.flow.reliable && !withoutOutbound ? this.#outbound(facts.id) : '',
			withoutOutbound,
			emulatesNat,
			callId,
			fromTag,
			cseqBase: this.#cseqBase,
		}
	}

	/** One text for all accounts of a domain that come one after the other: it is compared for each of them. */
	#registrarUri(domain: string): string {
		if (domain !== this.#lastDomain) {
			this.#lastDomain = domain
			this.#lastRegistrarUri = `sip:${domain}`
		}
		return this.#lastRegistrarUri
	}

	/** RFC 5626 4.1: this account at this service is one instance with one flow, whichever node holds it. */
	#outbound(id: AccountId): string {
		return `;+sip.instance="<${this.#deps.identities.instance(id)}>";reg-id=1`
	}
}

/** RFC 3261 8.1.3.4 and 10.2: the target of a 3xx is the Request-URI, which names a server in a REGISTER and nobody there. */
function serverUri(redirectUri: string): string | undefined {
	const uri = parseUri(redirectUri)
	if (uri?.scheme !== 'sip' || breaksLine(uri.host)) return undefined
	return uri.port === undefined ? `sip:${uri.host}` : `sip:${uri.host}:${uri.port}`
}

function contactUriOf(
	facts: AccountFacts,
	{ transport }: AccountProfile,
	path: UpstreamPath,
	emulatesNat: boolean,
): string {
	const param = transport === 'udp' ? '' : `;transport=${transport}`
	const hostPort = emulatesNat ? privateHostPort(facts.id) : path.contactHostPort
	return `sip:${facts.contactToken}@${hostPort}${param}`
}

function breaksLine(text: string): boolean {
	return text.includes('\n') || text.includes('\r')
}
