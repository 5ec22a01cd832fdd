import type { ResponseView } from '@vigil/sip'
import { classifyContacts, type ListedContact, type OwnContact, sameUri } from './own-contact.ts'

/**
 * A contact that a registrar, or a proxy on the way, may keep in place of ours.
 *
 * doubtful  seen once, where nothing listed is known as ours: taken for ours until the next answer
 * ours      a REGISTER of ours gave it its lifetime
 * foreign   it ran on while ours was accepted, so that somebody else's REGISTER made it
 */
export interface ContactAlias {
	readonly uri: string
	/** What it had left when it was seen, seconds. */
	readonly expiresSeconds: number
	readonly seenAtMs: number
	readonly verdict: 'doubtful' | 'ours' | 'foreign'
}

/** A lifetime counted by two clocks in whole seconds is told apart from a new one by more than this. */
const ROUNDING_SECONDS = 1
/** Two answers so close say nothing of whether time has run. */
const LEAST_APART_SECONDS = 3

/** Who lists more contacts than this does not show one in place of ours. */
const MOST_LISTED = 32
/** Longer URIs are kept of nobody. */
const LONGEST_URI = 512

/** What an answer was compared with. */
export interface AliasCase {
	readonly own: OwnContact
	/** The Expires asked for. */
	readonly askedSeconds: number
	/** What was thought before. */
	readonly before: ContactAlias | undefined
	/** This registrar has listed our contact as we sent it: then nothing else is ours. */
	readonly listsAsSent: boolean
}

/**
 * Which contact of a 2xx to a binding REGISTER stands for ours, where none is known to: the one that has all of the lifetime
 * that was asked for, or the only one. It is doubtful at first, and lifetimes settle it: RFC 3261 10.3 step 7 lets a REGISTER
 * of ours renew our binding alone, while a device's runs on under it. A registrar that was seen to list ours as sent does
 * not hide it, so that it has chosen another one.
 */
export function aliasIn(response: ResponseView, known: AliasCase, nowMs: number): ContactAlias | undefined {
	const { askedSeconds, before } = known
	if (known.listsAsSent) return undefined
	const all = classifyContacts(response, known.own).filter(({ expiresSeconds }) => expiresSeconds !== 0)
	if (all.length > MOST_LISTED) return undefined
	const listed = longestOfEach(all)
	if (listed.some(({ uri }) => uri.length > LONGEST_URI)) return undefined
	const foreign = before?.verdict === 'foreign' ? before : undefined
	const left = listed.filter(({ uri }) => !foreign || !sameUri(uri, foreign.uri))
	const again = before && left.find(({ uri }) => sameUri(uri, before.uri))
	const whole = left.filter(({ expiresSeconds }) => expiresSeconds === askedSeconds)
	const likely = again ?? (whole.length === 1 || listed.length === 1 ? (whole[0] ?? left[0]) : undefined)
	return likely ? judged(likely, known, nowMs) : foreign
}

/** Listed twice, as by a registrar that tells bindings apart by their connections, a contact lives as long as the longer one. */
function longestOfEach(listed: readonly ListedContact[]): readonly ListedContact[] {
	return listed.filter((contact, at) => {
		const own = contact.expiresSeconds ?? 0
		return !listed.some(({ uri, expiresSeconds = 0 }, where) => {
			return (
				where !== at && sameUri(uri, contact.uri) && (expiresSeconds > own || (expiresSeconds === own && where < at))
			)
		})
	})
}

function judged(likely: ListedContact, { before, askedSeconds }: AliasCase, nowMs: number): ContactAlias {
	const left = likely.expiresSeconds
	// RFC 3261 10.3 step 8 demands one; without it there is nothing that would ever speak against us.
	if (left === undefined) return seen(likely, askedSeconds, nowMs, 'ours')
	if (!before || !sameUri(before.uri, likely.uri)) return seen(likely, left, nowMs, 'doubtful')
	const apartSeconds = (nowMs - before.seenAtMs) / 1000
	if (apartSeconds < LEAST_APART_SECONDS) return before
	const ranOn = left <= before.expiresSeconds - apartSeconds + ROUNDING_SECONDS
	return seen(likely, left, nowMs, ranOn ? 'foreign' : 'ours')
}

function seen(
	{ uri }: ListedContact,
	expiresSeconds: number,
	seenAtMs: number,
	verdict: ContactAlias['verdict'],
): ContactAlias {
	return { uri, expiresSeconds, seenAtMs, verdict }
}

/** The same with what it may keep in its place: a query is not answered by "not bound" while that is not settled. */
export function takenFor(sent: OwnContact, alias: ContactAlias | undefined): OwnContact {
	return alias && alias.verdict !== 'foreign' ? { ...sent, shownAs: alias.uri } : sent
}

/** Our contact with what this registrar is known to keep in its place. */
export function knownAs(sent: OwnContact, alias: ContactAlias | undefined): OwnContact {
	return alias?.verdict === 'ours' ? { ...sent, shownAs: alias.uri } : sent
}
