import { type HandoffResponse, handoffRequestSchema, handoffResponseSchema } from '@vigil/contracts'
import type { Account } from '@vigil/domain'
import { callingDevice } from '../auth/caller.ts'
import type { ControlApiDeps } from '../deps.ts'
import { type HandoffOutcome, performHandoff, presentHandoff } from '../handoff/perform-handoff.ts'
import { usableLines } from '../handoff/usable-lines.ts'
import { missedCalls, pendingCalls } from '../handoff/waiting-calls.ts'
import { missedCallView, pendingCallView } from '../views/call-view.ts'
import { optional, optionalInstant } from '../views/instant.ts'
import type { Routes } from './route-options.ts'

const tags = ['device']
const response = { 200: handoffResponseSchema, 202: handoffResponseSchema }

/** The one request that a softphone cannot do without. */
export const handoffRoutes: Routes = async (app, { deps }) => {
	app.post(
		'/v1/devices/me/handoff',
		{
			schema: {
				tags,
				summary: 'State what the app does now, and learn for each line who holds it and what to do next',
				description:
					'202 when an upstream server was slower than `waitSeconds`; the change goes on, and GET or the events tell how it ended.',
				body: handoffRequestSchema,
				response,
			},
		},
		async (request, reply) => {
			const device = callingDevice(request)
			const accounts = await usableLines(deps, device)
			const outcome = await performHandoff(deps, device, accounts, request.body)
			return reply.code(codeOf(outcome)).send(await responseOf(deps, outcome, accounts))
		},
	)

	app.get(
		'/v1/devices/me/handoff',
		{
			schema: {
				tags,
				summary: 'Show how the last handoff stands, without stating anything',
				description: '202 while an upstream server has not answered.',
				response,
			},
		},
		async (request, reply) => {
			const device = callingDevice(request)
			const accounts = await usableLines(deps, device)
			const outcome = await presentHandoff(deps, device, accounts)
			return reply.code(codeOf(outcome)).send(await responseOf(deps, outcome, accounts))
		},
	)
}

function codeOf({ settled }: HandoffOutcome): 200 | 202 {
	return settled ? 200 : 202
}

async function responseOf(
	deps: ControlApiDeps,
	{ device, statement, lines, superseded }: HandoffOutcome,
	accounts: readonly Account[],
): Promise<HandoffResponse> {
	const [missed, pending] = await Promise.all([
		missedCalls(deps, device),
		pendingCalls(deps, device.tenantId, accounts),
	])
	return {
		state: statement.activity,
		...optionalInstant('leaseUntil', device.leaseUntilMs),
		...(superseded ? { superseded } : {}),
		...optional('sequence', device.sequence),
		lines,
		missedCalls: missed.map(missedCallView),
		pendingCalls: pending.map(pendingCallView),
	}
}
