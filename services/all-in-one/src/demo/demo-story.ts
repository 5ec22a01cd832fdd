import type { CallEventView } from '@vigil/contracts'
import type { IncomingCall } from '@vigil/device-sdk'
import { realClock } from '@vigil/runtime'
import { until } from '@vigil/testkit'
import type { DemoTenant } from '../demo-world/demo-tenant.ts'
import type { SleepingPhone } from '../demo-world/sleeping-phone.ts'
import type { DemoOutput } from './demo-output.ts'

/** The far end of the call: dials, waits for the answer, hangs up. */
export interface DemoCaller {
	/** Begins a call; resolves when it was answered. */
	call(): Promise<void>
	hangUp(): Promise<void>
}

export interface StoryParts {
	readonly tenant: DemoTenant
	readonly accountId: string
	readonly phone: SleepingPhone
	/** Absent when the call comes from a real SIP server's side. */
	readonly caller: DemoCaller | undefined
	readonly output: DemoOutput
	readonly waitMs: number
}

/** What must be on the record of the call. */
const CALL_EVENTS: readonly string[] = [
	'invite.received',
	'push.sent',
	'push.accepted',
	'device.attached',
	'invite.forwarded',
	'answered',
	'ended',
]

/** What must be on the timeline for the main job to have happened. */
export const MAIN_JOB: readonly string[] = ['handoff.accepted', 'registered', ...CALL_EVENTS]

const RECORD_WITHIN_MS = 10_000
const TALK_MS = 300

/** Plays the main job once. Throws, with a plain sentence, at the first part that does not happen. */
export async function playStory(parts: StoryParts): Promise<void> {
	const { phone, output, caller, tenant, accountId } = parts
	const startedAt = realClock.now()
	const tell = (event: string, facts: Record<string, string | number | boolean | undefined> = {}) =>
		output.event({ event, ms: rounded(realClock.now() - startedAt), ...facts })

	const ringing = Promise.withResolvers<IncomingCall>()
	phone.onCall = ringing.resolve
	await handOver(phone, tell)
	tell(caller ? 'demo.calling' : 'demo.waiting')
	const dialled = caller?.call()
	const call = await within(parts.waitMs, ringing.promise, 'no call reached the phone')
	await Promise.all([
		dialled && within(parts.waitMs, dialled, 'the caller got no answer'),
		until(() => call.state === 'answered' || call.state === 'ended', { deadlineMs: parts.waitMs, what: 'the answer' }),
	])
	await new Promise<void>((resolve) => realClock.setTimer(TALK_MS, resolve))
	if (caller) await caller.hangUp()
	else await call.hangup()
	for (const event of await finishedTimeline(tenant, accountId)) {
		output.event({
			event: event.kind,
			ms: rounded(Date.parse(event.callStartedAt) - startedAt + event.offsetMs),
			...event.detail,
		})
	}
	await comeBack(phone, tell)
}

type Tell = (event: string, facts?: Record<string, string | number | boolean | undefined>) => void

async function handOver(phone: SleepingPhone, tell: Tell): Promise<void> {
	const handoff = await phone.device.handoff('background', { waitSeconds: 10 })
	const [line] = handoff.lines
	tell('handoff.accepted', { holder: line?.holder })
	if (line?.registration.state !== 'registered') {
		throw new Error(
			`the SIP server did not register the service: ${line?.registration.reason ?? line?.registration.state}`,
		)
	}
	tell('registered', {
		target: line.registration.target,
		grantedExpiresSeconds: line.registration.grantedExpiresSeconds,
	})
}

async function comeBack(phone: SleepingPhone, tell: Tell): Promise<void> {
	const back = await phone.device.handoff('foreground', { registered: true, waitSeconds: 10 })
	tell('handoff.returned', { holder: back.lines[0]?.holder })
	if (back.lines[0]?.registration.state === 'unregistered') tell('unregistered')
}

/** The services write behind the call, each at its own pace: the record is whole when all that has to be there is. */
async function finishedTimeline(
	tenant: DemoTenant,
	accountId: string,
): Promise<(CallEventView & { callStartedAt: string })[]> {
	const call = await until(
		async () => {
			const [latest] = await tenant.client.calls(accountId)
			const whole = latest?.outcome === undefined ? undefined : await tenant.client.call(latest.id)
			const missing = CALL_EVENTS.filter((event) => !whole?.timeline.some(({ kind }) => kind === event))
			return missing.length === 0 ? whole : undefined
		},
		{ deadlineMs: RECORD_WITHIN_MS, what: 'the record of the whole call' },
	)
	return call.timeline.map((event) => ({ ...event, callStartedAt: call.startedAt }))
}

async function within<Value>(ms: number, promise: Promise<Value>, otherwise: string): Promise<Value> {
	const { promise: late, reject } = Promise.withResolvers<never>()
	const timer = realClock.setTimer(ms, () => reject(new Error(`${otherwise} within ${ms / 1000} s`)))
	try {
		return await Promise.race([promise, late])
	} finally {
		realClock.clearTimer(timer)
	}
}

function rounded(ms: number): number {
	return Math.round(ms * 100) / 100
}
