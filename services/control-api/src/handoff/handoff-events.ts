import type { HandoffEvent } from '@vigil/contracts'
import type { AccountId, Device } from '@vigil/domain'
import { wellFormedJson } from '@vigil/runtime'
import type { ControlApiDeps } from '../deps.ts'
import { optionalInstant } from '../views/instant.ts'
import { type HandoffDeps, presentHandoff } from './perform-handoff.ts'
import { linesOf } from './usable-lines.ts'

type EventDeps = HandoffDeps & Pick<ControlApiDeps, 'registrations'>

/** How the events of a handoff are paced, milliseconds. */
export interface EventTimes {
	/** How often the handoff is looked at where no signal says that something has changed. */
	readonly pollMs: number
	/** Longest silence: a comment is sent then, so that whoever carries the stream keeps it open. */
	readonly heartbeatMs: number
	/** After so long the stream ends, settled or not; the app may open another. */
	readonly longestMs: number
}

const EVENT_TIMES: EventTimes = { pollMs: 1000, heartbeatMs: 15_000, longestMs: 120_000 }

/**
 * How the last handoff of a device stands, as the text of server-sent events: at once, then at each change, until every line
 * has settled, the device is gone, the time is over, or the signal ends it.
 */
export async function* handoffEvents(
	deps: EventDeps,
	device: Pick<Device, 'id' | 'tenantId'>,
	ended: AbortSignal,
	times: EventTimes = EVENT_TIMES,
): AsyncGenerator<string, void> {
	const { clock } = deps
	const untilMs = clock.now() + times.longestMs
	let told = ''
	let toldMs = clock.now()
	while (!ended.aborted) {
		const look = await lookAt(deps, device)
		if (look === undefined) return
		const text = wellFormedJson(JSON.stringify(look.event))
		const isNews = text !== told
		if (isNews || clock.now() - toldMs >= times.heartbeatMs) {
			yield isNews ? `event: handoff\ndata: ${text}\n\n` : ': still under way\n\n'
			told = text
			toldMs = clock.now()
		}
		if (look.event.settled || clock.now() >= untilMs) return
		await nextChange(deps, look.accounts, ended, times.pollMs)
	}
}

interface Look {
	readonly event: HandoffEvent
	readonly accounts: readonly AccountId[]
}

/** Undefined when the device, or its last line, is gone. */
async function lookAt(deps: EventDeps, { id, tenantId }: Pick<Device, 'id' | 'tenantId'>): Promise<Look | undefined> {
	const device = await deps.stores.devices.find(tenantId, id)
	const accounts = device === undefined ? [] : await linesOf(deps, device)
	if (device === undefined || accounts.length === 0) return undefined
	const { statement, lines, settled } = await presentHandoff(deps, device, accounts)
	return {
		event: { state: statement.activity, ...optionalInstant('leaseUntil', device.leaseUntilMs), settled, lines },
		accounts: accounts.map((account) => account.id),
	}
}

/** Waits until a registration may have changed, but not beyond the poll. */
async function nextChange(
	{ registrations, clock }: EventDeps,
	accounts: readonly AccountId[],
	ended: AbortSignal,
	pollMs: number,
): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>()
	const listening = accounts.map((id) => registrations.onChange(id, resolve))
	const timer = clock.setTimer(pollMs, resolve)
	ended.addEventListener('abort', () => resolve(), { once: true })
	if (ended.aborted) resolve()
	await promise
	clock.clearTimer(timer)
	for (const stop of listening) stop()
}
