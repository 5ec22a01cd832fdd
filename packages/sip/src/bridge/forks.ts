import { callIdOf, tagOf } from '../address/name-addr.ts'
import { uacDialog } from '../dialog/creation.ts'
import type { Dialog } from '../dialog/dialog.ts'
import { dialogId, receivedDialogId } from '../dialog/identity.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { Fork } from './fork.ts'
import { respondToOrigin } from './responses.ts'
import { allExchanges, dropExchange, stopTimer, type Turn, updateLeg } from './turn.ts'
import type { Exchange, Leg } from './types.ts'

/** How many ends of one call the caller is shown; more than that is no forking but a fault. */
const MOST_FORKS = 16
/** How many ends may answer in vain. */
const MOST_LOST = 64

/** The fork whose dialogs the legs have at the moment. */
export function forkInFocus({ state }: Turn): Fork {
	const { caller, callee } = state.legs
	return { caller: caller.dialog, callee: callee.dialog, reliable: state.reliable, over: false }
}

/** The forks that live. */
export function liveForks(turn: Turn): Fork[] {
	return [forkInFocus(turn), ...turn.state.otherForks.filter(({ over }) => !over)]
}

/** Puts a fork's dialogs into the legs, so that what follows is about it; false when there is no such fork that lives. */
export function focus(turn: Turn, isWanted: (fork: Fork) => boolean): boolean {
	const current = forkInFocus(turn)
	if (isWanted(current)) return true
	const wanted = turn.state.otherForks.find((fork) => !fork.over && isWanted(fork))
	if (!wanted) return false
	putInFocus(turn, wanted, current)
	return true
}

function putInFocus(turn: Turn, wanted: Fork, current: Fork): void {
	const others = turn.state.otherForks.filter((fork) => fork !== wanted)
	turn.state = { ...turn.state, otherForks: [...others, current], reliable: wanted.reliable }
	updateLeg(turn, 'caller', { dialog: wanted.caller })
	updateLeg(turn, 'callee', { dialog: wanted.callee })
}

/** The fork that a request belongs to comes into focus. */
export function focusOnRequest(turn: Turn, leg: Leg, request: SipRequest): void {
	const id = receivedDialogId(request)
	focus(turn, (fork) => isDialog(fork[leg], id))
}

/** The fork that a request of ours was sent in comes into focus; the INVITE that began the call is of all of them. */
export function focusOnExchange(turn: Turn, exchange: Exchange): void {
	if (exchange.purpose !== 'initial') focus(turn, (fork) => isOfFork(fork, exchange))
}

/**
 * The fork that a response of the callee belongs to comes into focus, a new one for a To tag that is new (RFC 3261 13.2.2.4). False when
 * the response is not to be heard: its fork is over, or there are too many. A 2xx is always heard, since no other final response may follow
 * it.
 */
export function focusOnBranch(turn: Turn, exchange: Exchange, response: SipResponse): boolean {
	const made = uacDialog(exchange.sent, response)
	if (!made) return true
	if (focus(turn, ({ callee }) => callee?.remoteTag === made.remoteTag)) return true
	const ended = turn.state.otherForks.find(({ callee }) => callee?.remoteTag === made.remoteTag)
	if (ended) return revive(turn, ended, response)
	// The dialog that the caller knows from the start is the first branch's, or the newest one's where one is all that it sees.
	const isOne = turn.state.options.earlyDialogs === 'one'
	if (isOne || focus(turn, ({ callee }) => callee === undefined)) updateLeg(turn, 'callee', { dialog: made })
	else if (turn.state.forkCount >= MOST_FORKS && response.status < 200) return false
	else addFork(turn, made)
	return true
}

function revive(turn: Turn, ended: Fork, { status }: SipResponse): boolean {
	if (status < 200) return false
	putInFocus(turn, ended, forkInFocus(turn))
	return true
}

function addFork(turn: Turn, callee: Dialog): void {
	const { callerDialog, callerTag, forkCount } = turn.state
	const tag = `${callerTag}.${forkCount + 1}`
	turn.state = { ...turn.state, forkCount: forkCount + 1 }
	// The tag stands last in it.
	const localParty = `${callerDialog.localParty.slice(0, -callerTag.length)}${tag}`
	const caller = { ...callerDialog, localTag: tag, localParty }
	putInFocus(turn, { caller, callee, reliable: undefined, over: false }, forkInFocus(turn))
	turn.effects.push({ type: 'forked', callerTag: tag })
}

/** The fork in focus is over, while others go on. Its tag is remembered, since what it said may still be repeated. */
export function endFork(turn: Turn): void {
	const [, next] = liveForks(turn)
	if (!next) return
	const ended = forkInFocus(turn)
	putInFocus(turn, next, { ...ended, over: true })
	giveUpRequests(turn, (exchange) => isOfFork(ended, exchange))
	stopWaiting(turn, ended)
}

/** The fork in focus is all that is left of the call. The others are remembered, since they may answer all the same. */
export function endOtherForks(turn: Turn): void {
	for (const fork of turn.state.otherForks) {
		if (fork.over) continue
		giveUpRequests(turn, (exchange) => isOfFork(fork, exchange))
		stopWaiting(turn, fork)
	}
	turn.state = { ...turn.state, otherForks: turn.state.otherForks.map((fork) => ({ ...fork, over: true })) }
}

/** The dialog with the end that a response is from, if that is out of the call. */
export function lostDialog({ state }: Turn, response: SipResponse): Dialog | undefined {
	return state.otherForks.find(({ callee }) => callee?.remoteTag === toTagOf(response))?.callee
}

/** Keeps in mind an end that answered when nobody wanted it any more, as it is after its BYE. False when there are too many of them. */
export function rememberLost(turn: Turn, callee: Dialog): boolean {
	const others = turn.state.otherForks.filter((fork) => fork.callee?.remoteTag !== callee.remoteTag)
	if (others.length >= MOST_LOST) return false
	const lost: Fork = { caller: undefined, callee, reliable: undefined, over: true }
	turn.state = { ...turn.state, otherForks: [...others, lost] }
	return true
}

/** After the end of the call an end that answers comes into focus, to get its BYE. */
export function focusOnLost(turn: Turn, response: SipResponse): void {
	const tag = toTagOf(response)
	const current = forkInFocus(turn)
	if (!current.callee || current.callee.remoteTag === tag) return
	const lost = turn.state.otherForks.find(({ callee }) => callee?.remoteTag === tag)
	if (lost) putInFocus(turn, lost, { ...current, over: true })
	else rememberLost(turn, current.callee)
}

function toTagOf({ headers }: SipResponse): string {
	return tagOf(headers.get('To') ?? '') ?? ''
}

/** The INVITE was challenged, and is sent again: there is no early dialog of the callee any more (RFC 3261 12.3). */
export function endEarlyDialogs(turn: Turn): void {
	endOtherForks(turn)
	const ended = forkInFocus(turn)
	giveUpRequests(turn, (exchange) => isOfFork(ended, exchange))
	stopWaiting(turn, ended)
	updateLeg(turn, 'callee', { dialog: undefined })
	turn.state = { ...turn.state, otherForks: [], reliable: undefined }
}

/** RFC 3261 15.1.2: requests still open when their dialog ends are answered with 487. */
function giveUpRequests(turn: Turn, isWanted: (exchange: Exchange) => boolean): void {
	for (const exchange of allExchanges(turn)) {
		if ((exchange.purpose !== 'relay' && exchange.purpose !== 'prack') || !isWanted(exchange)) continue
		respondToOrigin(turn, exchange, 487)
		dropExchange(turn, exchange.id)
	}
}

/** Waits for no PRACK of the caller any longer. */
export function stopWaiting(turn: Turn, fork: Fork): void {
	if (fork.reliable?.phase === 'awaited') stopTimer(turn, prackTimer(fork))
}

/** The timer that ends the wait for the caller's PRACK. */
export function prackTimer({ caller }: Fork): string {
	return `prack:${caller?.localTag}`
}

function isOfFork(fork: Fork, { to, sent }: Exchange): boolean {
	const [from, party] = [sent.headers.get('From'), sent.headers.get('To')].map((value) => tagOf(value ?? '') ?? '')
	return isDialog(fork[to], dialogId({ callId: callIdOf(sent), localTag: from ?? '', remoteTag: party ?? '' }))
}

function isDialog(dialog: Dialog | undefined, id: string): boolean {
	return dialog !== undefined && dialogId(dialog) === id
}
