import { handoffRequestSchema, handoffResponseSchema } from '@vigil/contracts'
import type { Account, Device } from '@vigil/domain'
import { callingDevice } from '../auth/caller.ts'
import type { ControlApiDeps } from '../deps.ts'
import { performHandoff } from '../handoff/perform-handoff.ts'
import { missedCalls, pendingCalls } from '../handoff/waiting-calls.ts'
import { conflict } from '../problems/problem-error.ts'
import { missedCallView, pendingCallView } from '../views/call-view.ts'
import type { Routes } from './route-options.ts'

/** The one request that a softphone cannot do without. */
export const handoffRoutes: Routes = async (app, { deps }) => {
	app.post(
		'/v1/devices/me/handoff',
		{
			schema: {
				tags: ['device'],
				summary: 'State what the app does now, and learn for each line who holds it and what to do next',
				description: '202 when an upstream server was slower than `waitSeconds`; ask again to learn how it ended.',
				body: handoffRequestSchema,
				response: { 200: handoffResponseSchema, 202: handoffResponseSchema },
			},
		},
		async (request, reply) => {
			const device = callingDevice(request)
			const accounts = await usableLines(deps, device)
			const outcome = await performHandoff(deps, device, accounts, request.body)
			const [missed, pending] = await Promise.all([
				missedCalls(deps, device),
				pendingCalls(deps, device.tenantId, accounts),
			])
			return reply.code(outcome.settled ? 200 : 202).send({
				lines: outcome.lines,
				missedCalls: missed.map(missedCallView),
				pendingCalls: pending.map(pendingCallView),
			})
		},
	)
}

/** The accounts of the device's lines; a handoff of nothing, or of disabled accounts only, is refused. */
async function usableLines({ stores }: ControlApiDeps, device: Device): Promise<Account[]> {
	const loaded = await Promise.all(device.lines.map((id) => stores.accounts.load(id)))
	const accounts = loaded.filter((account) => account !== undefined)
	if (accounts.length === 0) throw conflict('The device has no line: add one with an enrolment code.')
	if (accounts.every((account) => account.disabled)) throw conflict('The account of every line is disabled.')
	return accounts
}
