import { uasDialog } from '../dialog/creation.ts'
import type { Dialog } from '../dialog/dialog.ts'
import { buildResponse } from '../message/build.ts'
import type { SipRequest } from '../message/message.ts'
import { DEFAULT_TIMERS } from '../transaction/timer-values.ts'
import { onCancel } from './cancels.ts'
import { repeatWithCredentials, unanswered } from './challenges.ts'
import { endCall, releaseWhenDone } from './ending.ts'
import { focusOnExchange } from './forks.ts'
import { onRequest } from './incoming.ts'
import { deliverResponse, onFailed, onResponse } from './outcomes.ts'
import { privacyOf } from './privacy.ts'
import { onAck } from './success-responses.ts'
import { onDue } from './timers.ts'
import { putExchange, sendExchange, stepOf, type Turn, updateLeg } from './turn.ts'
import type { BridgeInput, BridgeOptions, BridgeState, BridgeStep, LegState } from './types.ts'

/** What a bridge begins with. */
export interface BridgeStart {
	/** The caller's INVITE, and the driver's name for its server transaction. */
	readonly callerInvite: SipRequest
	readonly callerTransactionId: string
	/** Our To tag towards the caller; the same for all bridges of one call. */
	readonly callerTag: string
	/** Our Contact value towards the caller. */
	readonly callerContact: string
	/** The INVITE to send to the callee, for a device from `createDeviceInvite`; its Contact is ours on that leg. */
	readonly calleeInvite: SipRequest
	readonly options?: Partial<BridgeOptions>
}

const DEFAULT_OPTIONS: BridgeOptions = {
	timers: DEFAULT_TIMERS,
	rejections: 'relay',
	challenges: undefined,
	device: 'callee',
	earlyDialogs: 'one',
	lastRSeq: undefined,
}

/**
 * Begins a bridge: the first effect sends the INVITE to the callee, as client transaction `b1`.
 *
 * Throws a RangeError for an INVITE whose To cannot be read: no dialog can be made of it. `validateMessage` finds those before.
 */
export function startBridge(start: BridgeStart, nowMs: number): BridgeStep {
	const { callerInvite, callerTag, calleeInvite } = start
	const leg: LegState = { phase: 'inviting', dialog: undefined, contact: '', deferredBye: undefined }
	const ownResponse = buildResponse(callerInvite, 180, undefined, { toTag: callerTag })
	const dialog = uasDialog(callerInvite, ownResponse)
	if (!dialog) throw new RangeError('the INVITE makes no dialog: its To cannot be read')
	const options = { ...DEFAULT_OPTIONS, ...start.options }
	const state: BridgeState = {
		options,
		callerInvite,
		callerTag,
		callerDialog: dialog,
		legs: {
			caller: { ...leg, contact: start.callerContact, dialog },
			callee: { ...leg, contact: calleeInvite.headers.get('Contact') ?? '' },
		},
		otherForks: [],
		reliable: undefined,
		forkCount: 1,
		privacy: options.device === 'callee' ? privacyOf(callerInvite.headers) : undefined,
		exchanges: {},
		sentCount: 0,
		rseqShift: undefined,
		ended: false,
		released: false,
		runningTimers: {},
		dueAtMs: undefined,
	}
	const turn: Turn = { state, effects: [], nowMs }
	const origin = { transactionId: start.callerTransactionId, request: callerInvite }
	sendExchange(turn, { purpose: 'initial', to: 'callee', sent: calleeInvite, origin })
	return stepOf(turn)
}

/**
 * One step of the bridge (a back-to-back user agent, RFC 3261 6, with two legs): pure, `state` is left as it is. Whatever the inputs, a
 * request that came in gets one final response, and the legs end together.
 */
export function stepBridge(state: BridgeState, input: BridgeInput, nowMs: number): BridgeStep {
	const turn: Turn = { state, effects: [], nowMs }
	dispatch(turn, input)
	releaseWhenDone(turn)
	return stepOf(turn)
}

function dispatch(turn: Turn, input: BridgeInput) {
	switch (input.type) {
		case 'request':
			return onRequest(turn, input.leg, input.transactionId, input.request)
		case 'cancel':
			return onCancel(turn, input.leg, input.transactionId, input.cancel)
		case 'ack':
			return onAck(turn, input.leg, input.ack)
		case 'response':
			return onResponse(turn, input.leg, input.transactionId, input.response)
		case 'failed':
			return onFailed(turn, input.leg, input.transactionId, input.cause)
		case 'due':
			return onDue(turn)
		default:
			return dispatchOwner(turn, input)
	}
}

type OwnerInput = Extract<BridgeInput, { type: 'withdraw' | 'hang-up' | 'retarget' | 'credentials' }>

function dispatchOwner(turn: Turn, input: OwnerInput) {
	switch (input.type) {
		case 'withdraw':
			return onWithdraw(turn, input)
		case 'hang-up': {
			const { cause = 'hung-up', by = 'bridge', status = 480, headers = [] } = input
			return endCall(turn, { cause, by, headers, finalResponse: status })
		}
		case 'retarget':
			return onRetarget(turn, input)
		case 'credentials':
			return onCredentials(turn, input)
	}
}

function onWithdraw(turn: Turn, input: Extract<OwnerInput, { type: 'withdraw' }>): void {
	if (turn.state.legs.callee.phase !== 'inviting') return
	endCall(turn, { cause: 'withdrawn', by: 'bridge', headers: input.headers ?? [] })
}

function onRetarget(turn: Turn, input: Extract<OwnerInput, { type: 'retarget' }>): void {
	const { dialog } = turn.state.legs[input.leg]
	if (!dialog) return
	const { remoteTarget, routes: routeSet = dialog.routeSet } = input
	const moved = (old: Dialog | undefined) => old && { ...old, remoteTarget, routeSet }
	updateLeg(turn, input.leg, { dialog: moved(dialog) })
	const otherForks = turn.state.otherForks.map((fork) => ({ ...fork, [input.leg]: moved(fork[input.leg]) }))
	turn.state = { ...turn.state, otherForks }
}

function onCredentials(turn: Turn, input: Extract<OwnerInput, { type: 'credentials' }>) {
	const exchange = turn.state.exchanges[input.transactionId]
	if (exchange?.phase !== 'challenged' || !exchange.response) return
	focusOnExchange(turn, exchange)
	if (input.headers.length > 0) return repeatWithCredentials(turn, exchange, input.headers)
	const pending = { ...exchange, phase: 'pending', response: undefined } as const
	putExchange(turn, pending)
	deliverResponse(turn, pending, unanswered(exchange.response))
}
