import type { HandoffLine, HandoffRequest } from '@vigil/contracts'
import type { Handoff } from '../api/device-api.ts'
import type { HandoffClient } from './handoff-client.ts'
import type { LeaseKeeper } from './lease-keeper.ts'

/** What the app does at its own SIP server for a line; each resolves when the server has confirmed it. */
export interface LineHooks {
	register(line: HandoffLine): Promise<void>
	unregister(line: HandoffLine): Promise<void>
	/**
	 * `register` sends the Contact field that `registerContacts` gives for the line. Without it lines are never changed over
	 * in one step.
	 */
	readonly swapsContacts?: boolean
}

type ForegroundHooks = Pick<LineHooks, 'register' | 'swapsContacts'>

export interface ForegroundOptions {
	/** How long the service believes in the app without hearing of it; renewed by itself (90). */
	readonly leaseSeconds?: number
	/** How long to wait for a line's turn (60 000). */
	readonly timeoutMs?: number
}

export interface TransitionParts {
	readonly handoffs: HandoffClient
	readonly lease: LeaseKeeper
	readonly now: () => number
	/** States it, and tells of the calls that wait. */
	readonly state: (request: HandoffRequest) => Promise<Handoff>
	/** The same for `GET`, until it has settled. */
	readonly settled: (timeoutMs: number) => Promise<Handoff>
	readonly attach: () => Promise<void>
}

const LEASE_SECONDS = 90
const TIMEOUT_MS = 60_000

/**
 * Brings the app to the foreground, whatever the mode of each line: registers where it may, attaches where calls pass through
 * the service, and waits where the service has to let go first. Ends early when something else is stated meanwhile.
 */
export async function enterForeground(
	parts: TransitionParts,
	hooks: ForegroundHooks,
	{ leaseSeconds = LEASE_SECONDS, timeoutMs = TIMEOUT_MS }: ForegroundOptions,
): Promise<Handoff> {
	const untilMs = parts.now() + timeoutMs
	let foreground: HandoffRequest = { state: 'foreground', leaseSeconds, ...swapping(hooks.swapsContacts) }
	let { response, isOvertaken } = await stated(parts, foreground)
	const registered = new Set<string>()
	let attached = false
	while (!isOvertaken()) {
		const refused = await registerTold(response, hooks, registered)
		if (refused && !isOvertaken()) {
			// The server did not take both contacts: the service lets go first, as for an app that cannot swap.
			foreground = { state: 'foreground', leaseSeconds }
			;({ response, isOvertaken } = await stated(parts, foreground))
			continue
		}
		if (!attached && response.lines.some(({ next }) => next === 'attach')) {
			await parts.attach()
			attached = true
		}
		const leftMs = untilMs - parts.now()
		if (!response.lines.some(({ next }) => next === 'wait') || leftMs <= 0) break
		response = await parts.settled(leftMs)
	}
	if (registered.size === 0 || isOvertaken()) return response
	return (await stated(parts, { ...foreground, registered: true })).response
}

function swapping(swapsContacts: boolean | undefined): Pick<HandoffRequest, 'swapsContacts'> {
	return swapsContacts ? { swapsContacts } : {}
}

/** Registers the lines that may; true where one could not take the service's place by one REGISTER. */
async function registerTold({ lines }: Handoff, hooks: ForegroundHooks, registered: Set<string>): Promise<boolean> {
	let refused = false
	for (const line of lines) {
		if (line.next !== 'register' || registered.has(line.accountId)) continue
		try {
			await hooks.register(line)
			registered.add(line.accountId)
		} catch (error) {
			if (line.replaceContact === undefined) throw error
			refused = true
		}
	}
	return refused
}

/**
 * Hands the lines over before the app sleeps, and removes the app's own bindings where it is told to. The answer may be
 * unsettled: the service goes on without the app.
 */
export async function leaveForeground(
	parts: TransitionParts,
	hooks: Pick<LineHooks, 'unregister'>,
	state: 'background' | 'terminated',
): Promise<Handoff> {
	parts.lease.stop()
	const { response, isOvertaken } = await stated(parts, { state })
	const told = response.lines.filter(({ next }) => next === 'unregister')
	if (told.length === 0 || isOvertaken()) return response
	await Promise.all(told.map((line) => hooks.unregister(line)))
	if (isOvertaken()) return response
	return (await stated(parts, { state, unregistered: true })).response
}

/** States it, and keeps the lease where there is one. */
async function stated(parts: TransitionParts, request: HandoffRequest) {
	const pending = parts.state(request)
	const mine = parts.handoffs.statements
	const { leaseSeconds } = request
	if (leaseSeconds !== undefined) parts.lease.keep(leaseSeconds, () => parts.handoffs.renew(request))
	return { response: await pending, isOvertaken: () => parts.handoffs.statements !== mine }
}
