import { declineCallResponseSchema, idSchema } from '@vigil/contracts'
import type { CallId } from '@vigil/domain'
import { z } from 'zod'
import { callingDevice } from '../auth/caller.ts'
import { isWaiting } from '../handoff/waiting-calls.ts'
import { conflict, notFound } from '../problems/problem-error.ts'
import type { Routes } from './route-options.ts'

/** How the user refuses a call without the app attaching first. */
export const declineRoutes: Routes = async (app, { deps }) => {
	app.post(
		'/v1/calls/:id/decline',
		{
			schema: {
				tags: ['device'],
				summary: 'Decline a call that waits for this device',
				params: z.object({ id: idSchema }),
				response: { 202: declineCallResponseSchema },
			},
		},
		async (request, reply) => {
			const device = callingDevice(request)
			const callId = request.params.id as CallId
			const call = await deps.stores.calls.find(device.tenantId, callId)
			if (call === undefined || !device.lines.includes(call.accountId)) throw notFound('call')
			if (!isWaiting(call)) throw conflict('The call was answered or has ended.')
			// Not a mere nudge: without it the caller would hear ringing on, so a failure is the caller's to know.
			await deps.signals.publish('call.declined', { callId, deviceId: device.id })
			return reply.code(202).send({ callId })
		},
	)
}
