import { Readable } from 'node:stream'
import { handoffEventSchema } from '@vigil/contracts'
import { callingDevice } from '../auth/caller.ts'
import { handoffEvents } from '../handoff/handoff-events.ts'
import { OpenStreams } from '../handoff/open-streams.ts'
import { usableLines } from '../handoff/usable-lines.ts'
import type { Routes } from './route-options.ts'

/** The state of a handoff, told instead of asked for. */
export const handoffEventRoutes: Routes = async (app, { deps }) => {
	const streams = new OpenStreams()
	// A server that stops does not wait for streams that it could end itself.
	app.addHook('preClose', async () => streams.closeAll())

	app.get(
		'/v1/devices/me/handoff/events',
		{
			schema: {
				tags: ['device'],
				summary: 'Tell how the last handoff stands, at each change, until it has settled',
				description:
					'`text/event-stream`. Each event `handoff` carries `state`, `settled`, `lines`, and `leaseUntil` where there is one, as the answer of the handoff does; the one with `settled: true` is the last. The stream ends after two minutes at the latest; a comment every 15 seconds keeps it open. One stream for each device: a newer one ends the older.',
				response: { 200: { description: 'Events.', content: { 'text/event-stream': { schema: handoffEventSchema } } } },
			},
		},
		async (request, reply) => {
			const device = callingDevice(request)
			const { id } = device
			await usableLines(deps, device)
			const controller = streams.open(id)
			reply.raw.once('close', () => streams.close(id, controller))
			// The schema describes one event; what is sent is the stream of them, which is not serialised by it.
			return reply
				.type('text/event-stream; charset=utf-8')
				.header('cache-control', 'no-store')
				.header('x-accel-buffering', 'no')
				.send(Readable.from(handoffEvents(deps, device, controller.signal)) as never)
		},
	)
}
