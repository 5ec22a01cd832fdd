import type { DeviceId } from '../ids.ts'
import { reasonDetail, reasonOfCancel } from './reasons.ts'
import { bestRefusal, outcomeOf, outcomeOfCancel, reasonOfRefusal, wholeCallRefusal } from './refusals.ts'
import type { HeldCall, HeldCallEffect, HeldCallInput, HeldCallStep, HeldDevice, HeldEnding, HeldLeg } from './types.ts'

/** A device that a push was sent to may attach this long after the call is over, and is told so. */
const LINGER_MS = 30_000

const NO_ANSWER: HeldEnding = { reason: 'no-answer', passed: [] }
const ANSWERED_ELSEWHERE: HeldEnding = { reason: 'answered-elsewhere', passed: [] }

/** A held call before its INVITE. */
export function newHeldCall(): HeldCall {
	return {
		phase: 'held',
		legs: [],
		legsStarted: 0,
		wakeWithinMs: 0,
		wakeDeadlineMs: 0,
		ringDeadlineMs: 0,
		expiresAtMs: undefined,
		lingerUntilMs: 0,
		ending: undefined,
		dueAtMs: undefined,
	}
}

/**
 * The machine of a held call: an upstream INVITE that waits for devices to wake. Pure; it decides whom to
 * push, whom to ring and what the caller hears, while each leg's SIP is the bridge's.
 *
 * ```
 *   held --2xx of a leg--> answered
 *     \--caller cancels, all refuse, deadline--> over --every pushed device attached, or 30 s--> (forgotten)
 * ```
 *
 * A device gets one INVITE however often it attaches, unless that INVITE did not get through. One that
 * attaches after the end gets INVITE and CANCEL with a Reason, so that its ringing screen can close.
 */
export function stepHeldCall(state: HeldCall, input: HeldCallInput, nowMs: number): HeldCallStep {
	switch (input.type) {
		case 'invite':
			return onInvite(state, input, nowMs)
		case 'attached':
			return onAttached(state, input.binding, nowMs)
		case 'detached':
			return { state: mapLeg(state, input.deviceId, (leg) => forgetBinding(leg, input.bindingId)), effects: [] }
		case 'unreachable-by-push':
			return settle(mapLeg(state, input.deviceId, markUnreachableByPush), [], nowMs)
		case 'leg-ringing':
			return onRinging(state, input.legId, input.status)
		case 'leg-answered':
			return onAnswered(state, input.legId, nowMs)
		case 'leg-refused':
			return onRefused(state, input, nowMs)
		case 'declined':
			return onDeclined(state, input.deviceId, nowMs)
		case 'cancelled':
			return onCancelled(state, input.reasons ?? [], nowMs)
		case 'stopped':
			// 480, not 503: a proxy takes a 503 for the state of all of us and not of this one phone (RFC 3261 21.5.4).
			return state.phase === 'held' ? finish(state, { status: 480 }, [], nowMs) : { state, effects: [] }
		case 'due':
			return onDue(state, nowMs)
	}
}

function onInvite(state: HeldCall, input: Extract<HeldCallInput, { type: 'invite' }>, nowMs: number): HeldCallStep {
	const expiresAtMs = input.expiresWithinMs === undefined ? undefined : nowMs + input.expiresWithinMs
	const ringDeadlineMs = Math.min(nowMs + input.ringWithinMs, expiresAtMs ?? Number.POSITIVE_INFINITY)
	const wakeDeadlineMs = Math.min(nowMs + input.wakeWithinMs, ringDeadlineMs)
	if (nowMs >= ringDeadlineMs) return expire({ ...state, expiresAtMs }, nowMs)
	const effects: HeldCallEffect[] = []
	if (input.autoSend180) effects.push({ type: 'ring-back' })
	let next: HeldCall = {
		...state,
		wakeWithinMs: input.wakeWithinMs,
		wakeDeadlineMs,
		ringDeadlineMs,
		expiresAtMs,
		dueAtMs: wakeDeadlineMs,
		legs: input.devices.map(newLeg),
	}
	for (const device of input.devices) {
		if (device.wakeable) effects.push({ type: 'wake', deviceId: device.deviceId, deadlineMs: wakeDeadlineMs })
		if (!device.binding) continue
		const rung = ring(next, device.deviceId)
		next = rung.state
		effects.push(...rung.effects)
	}
	return settle(next, effects, nowMs)
}

// A device with a live flow is pushed as well: whether a flow of a phone is alive is known only when it answers.
function newLeg(device: HeldDevice): HeldLeg {
	return {
		deviceId: device.deviceId,
		phase: device.wakeable || device.binding ? 'waking' : 'gone',
		legId: 0,
		usedBindingId: undefined,
		binding: device.binding,
		pushed: device.wakeable,
		status: undefined,
	}
}

function ring(state: HeldCall, deviceId: DeviceId): HeldCallStep {
	const leg = state.legs.find((candidate) => candidate.deviceId === deviceId)
	if (!leg?.binding) return { state, effects: [] }
	const legId = state.legsStarted + 1
	const { binding } = leg
	const next = mapLeg({ ...state, legsStarted: legId }, deviceId, (old) => ({
		...old,
		phase: 'ringing',
		legId,
		usedBindingId: binding.bindingId,
	}))
	return {
		state: next,
		effects: [
			{ type: 'ring', deviceId, legId, binding },
			{ type: 'record', kind: 'invite.forwarded', deviceId },
		],
	}
}

function onAttached(
	state: HeldCall,
	binding: Extract<HeldCallInput, { type: 'attached' }>['binding'],
	nowMs: number,
): HeldCallStep {
	const leg = state.legs.find((candidate) => candidate.deviceId === binding.deviceId)
	if (!leg || leg.binding?.bindingId === binding.bindingId) return { state, effects: [] }
	const known = mapLeg(state, binding.deviceId, (old) => ({ ...old, binding }))
	const attached: HeldCallEffect = { type: 'record', kind: 'device.attached', deviceId: binding.deviceId }
	const waiting = leg.phase === 'waking' || leg.phase === 'failed' || leg.phase === 'gone'
	if (state.phase !== 'held')
		return waiting && leg.pushed ? tellTooLate(known, binding.deviceId) : { state: known, effects: [] }
	if (!waiting) return { state: known, effects: [attached] }
	const rung = ring(known, binding.deviceId)
	return settle(rung.state, [attached, ...rung.effects], nowMs)
}

/** INVITE and CANCEL, so that the screen that the push opened closes with the right word. */
function tellTooLate(state: HeldCall, deviceId: DeviceId): HeldCallStep {
	const rung = ring(state, deviceId)
	const legId = rung.state.legsStarted
	return {
		state: mapLeg(rung.state, deviceId, (old) => ({ ...old, phase: 'refused' })),
		effects: [...rung.effects, { type: 'withdraw', legId, ...(state.ending ?? NO_ANSWER) }],
	}
}

function forgetBinding(leg: HeldLeg, bindingId: string): HeldLeg {
	return leg.binding?.bindingId === bindingId ? { ...leg, binding: undefined } : leg
}

function markUnreachableByPush(leg: HeldLeg): HeldLeg {
	const lost = leg.binding === undefined && (leg.phase === 'waking' || leg.phase === 'failed')
	return { ...leg, pushed: false, phase: lost ? 'gone' : leg.phase }
}

function onRinging(state: HeldCall, legId: number, status: number): HeldCallStep {
	const leg = legOf(state, legId)
	if (!leg || state.phase !== 'held') return { state, effects: [] }
	return { state, effects: [{ type: 'record', kind: 'ringing', deviceId: leg.deviceId, detail: { status } }] }
}

function onAnswered(state: HeldCall, legId: number, nowMs: number): HeldCallStep {
	const leg = legOf(state, legId)
	if (!leg || state.phase !== 'held') return { state, effects: [] }
	const answered = mapLeg(state, leg.deviceId, (old) => ({ ...old, phase: 'answered' }))
	const effects: HeldCallEffect[] = [
		{ type: 'record', kind: 'answered', deviceId: leg.deviceId },
		{ type: 'outcome', outcome: 'answered', status: 200, deviceId: leg.deviceId },
	]
	const ended = endRinging(answered, ANSWERED_ELSEWHERE, nowMs)
	return { state: { ...ended.state, phase: 'answered' }, effects: [...effects, ...ended.effects] }
}

function onRefused(
	state: HeldCall,
	input: Extract<HeldCallInput, { type: 'leg-refused' }>,
	nowMs: number,
): HeldCallStep {
	const leg = legOf(state, input.legId)
	if (!leg || state.phase !== 'held') return { state, effects: [] }
	if (input.unreachable) return onUnreachable(state, leg, input.status, nowMs)
	const refused = mapLeg(state, leg.deviceId, (old) => ({ ...old, phase: 'refused', status: input.status }))
	const effects: HeldCallEffect[] = [
		{
			type: 'record',
			kind: 'declined',
			deviceId: leg.deviceId,
			detail: { status: input.status, ...reasonDetail(input.reasons) },
		},
	]
	// RFC 3261 16.7 step 5: a 6xx speaks for the user, whatever other devices may say.
	if (wholeCallRefusal(input.status)) {
		const passed = input.reasons ?? []
		return finish(refused, { status: input.status, legId: input.legId, passed }, effects, nowMs)
	}
	return settle(refused, effects, nowMs)
}

/** The way to the device broke: wait for it to come back, at once where it is back already. */
function onUnreachable(state: HeldCall, leg: HeldLeg, status: number, nowMs: number): HeldCallStep {
	const moved = leg.binding !== undefined && leg.binding.bindingId !== leg.usedBindingId
	const failed = mapLeg(state, leg.deviceId, (old) => ({
		...old,
		phase: old.pushed || moved ? 'failed' : 'gone',
		binding: moved ? old.binding : undefined,
		status,
	}))
	const note: HeldCallEffect = { type: 'record', kind: 'failed', deviceId: leg.deviceId, detail: { status } }
	if (!moved) return settle(untilItIsBack(failed, nowMs), [note], nowMs)
	const rung = ring(failed, leg.deviceId)
	return { state: rung.state, effects: [note, ...rung.effects] }
}

/** A device that was lost has as long to come back as it would have to wake; without a limit the caller would hear it ring on. */
function untilItIsBack(state: HeldCall, nowMs: number): HeldCall {
	const wakeDeadlineMs = Math.max(state.wakeDeadlineMs, nowMs + state.wakeWithinMs)
	return { ...state, wakeDeadlineMs, dueAtMs: Math.min(wakeDeadlineMs, state.ringDeadlineMs) }
}

function onDeclined(state: HeldCall, deviceId: DeviceId | undefined, nowMs: number): HeldCallStep {
	if (state.phase !== 'held') return { state, effects: [] }
	const effect: HeldCallEffect = { type: 'record', kind: 'declined', ...(deviceId ? { deviceId } : {}) }
	return finish(state, { status: 603 }, [effect], nowMs)
}

function onCancelled(state: HeldCall, passed: readonly string[], nowMs: number): HeldCallStep {
	if (state.phase !== 'held') return { state, effects: [] }
	const reason = reasonOfCancel(passed)
	const effects: HeldCallEffect[] = [
		{ type: 'record', kind: 'cancelled', detail: { reason, ...reasonDetail(passed) } },
		{ type: 'refuse', status: 487, legId: undefined },
		{ type: 'outcome', outcome: outcomeOfCancel(reason), status: 487 },
	]
	const ended = endRinging(state, { reason, passed }, nowMs)
	return { state: ended.state, effects: [...effects, ...ended.effects] }
}

/** The caller wants no answer any more (RFC 3261 13.3.1): to the account it is a call that nobody answered. */
function expire(state: HeldCall, nowMs: number): HeldCallStep {
	const effects: HeldCallEffect[] = [
		{ type: 'record', kind: 'cancelled', detail: { reason: 'expired' } },
		{ type: 'refuse', status: 487, legId: undefined },
		{ type: 'outcome', outcome: 'missed', status: 487 },
	]
	const ended = endRinging(state, NO_ANSWER, nowMs)
	return { state: ended.state, effects: [...effects, ...ended.effects] }
}

function onDue(state: HeldCall, nowMs: number): HeldCallStep {
	if (state.dueAtMs === undefined || nowMs < state.dueAtMs) return { state, effects: [] }
	if (state.phase !== 'held') return { state: { ...state, dueAtMs: undefined }, effects: [] }
	if (state.expiresAtMs !== undefined && nowMs >= state.expiresAtMs) return expire(state, nowMs)
	if (nowMs >= state.ringDeadlineMs) return finish(state, { status: 480 }, [], nowMs)
	const ringing = state.legs.some((leg) => leg.phase === 'ringing')
	if (ringing) return { state: { ...state, dueAtMs: state.ringDeadlineMs }, effects: [] }
	return finish(state, bestRefusal(state.legs) ?? { status: 480 }, [{ type: 'record', kind: 'wake.timeout' }], nowMs)
}

/** Ends the call when no device can still take it. */
function settle(state: HeldCall, effects: readonly HeldCallEffect[], nowMs: number): HeldCallStep {
	const open = state.legs.some((leg) => leg.phase === 'waking' || leg.phase === 'ringing' || leg.phase === 'failed')
	if (open || state.phase !== 'held') return { state, effects }
	return finish(state, bestRefusal(state.legs) ?? { status: 480 }, effects, nowMs)
}

interface Refusal {
	readonly status: number
	/** Whose refusal it is; none where it is ours. */
	readonly legId?: number
	/** Its Reason values, for the other devices. */
	readonly passed?: readonly string[]
}

/** The caller's final refusal; whoever still rings is cancelled. */
function finish(
	state: HeldCall,
	{ status, legId, passed = [] }: Refusal,
	before: readonly HeldCallEffect[],
	nowMs: number,
): HeldCallStep {
	const outcome = outcomeOf(status)
	const ended = endRinging(state, { reason: reasonOfRefusal(status), passed }, nowMs)
	return {
		state: ended.state,
		effects: [...before, { type: 'refuse', status, legId }, { type: 'outcome', outcome, status }, ...ended.effects],
	}
}

function endRinging(state: HeldCall, ending: HeldEnding, nowMs: number): HeldCallStep {
	const ringing = state.legs.filter((leg) => leg.phase === 'ringing')
	const awaited = state.legs.filter((leg) => leg.pushed && (leg.phase === 'waking' || leg.phase === 'failed'))
	const lingerUntilMs = awaited.length > 0 ? nowMs + LINGER_MS : nowMs
	const legs = state.legs.map((leg): HeldLeg => (leg.phase === 'ringing' ? { ...leg, phase: 'refused' } : leg))
	return {
		state: { ...state, legs, phase: 'over', ending, lingerUntilMs, dueAtMs: lingerUntilMs },
		effects: [
			...ringing.map(({ legId }) => ({ type: 'withdraw', legId, ...ending }) as const),
			...awaited.map(({ deviceId }) => ({ type: 'cancel-push', deviceId, reason: ending.reason }) as const),
		],
	}
}

function legOf(state: HeldCall, legId: number): HeldLeg | undefined {
	return state.legs.find((leg) => leg.legId === legId && leg.phase === 'ringing')
}

function mapLeg(state: HeldCall, deviceId: DeviceId, change: (leg: HeldLeg) => HeldLeg): HeldCall {
	return { ...state, legs: state.legs.map((leg) => (leg.deviceId === deviceId ? change(leg) : leg)) }
}
