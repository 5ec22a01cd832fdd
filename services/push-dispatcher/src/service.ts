import type { PushJob } from '@vigil/contracts'
import { DEFAULT_PUSH_DISPATCHER_CONFIG, type PushDispatcherConfig, type PushDispatcherDeps } from './deps.ts'
import { Dispatcher } from './dispatcher.ts'

export interface PushDispatcher {
	/** Runs a job that did not come through the queue, for when the queue does not answer in time. */
	dispatch(job: PushJob): void
	/** Takes no new jobs, lets those in progress end for a while, and writes what is recorded. The sender stays open. */
	close(): Promise<void>
}

/** Starts to work on push jobs. Throws when the signals cannot be subscribed to. */
export async function startPushDispatcher(
	deps: PushDispatcherDeps,
	config: Partial<PushDispatcherConfig> = {},
): Promise<PushDispatcher> {
	const dispatcher = new Dispatcher(deps, { ...DEFAULT_PUSH_DISPATCHER_CONFIG, ...config })
	const unsubscribe = await deps.signals.subscribe('device.attached', ({ deviceId, atMs }) => {
		dispatcher.attached(deviceId, atMs)
	})
	const unsubscribeDetached = await deps.signals.subscribe('device.detached', ({ deviceId }) => {
		dispatcher.detached(deviceId)
	})
	const unsubscribeApps = await deps.signals.subscribe('pushapp.changed', ({ pushAppId }) => {
		dispatcher.pushAppChanged(pushAppId)
	})
	dispatcher.fill()
	const consumer = deps.consume((job) => dispatcher.take(job))
	return {
		dispatch: (job) => dispatcher.dispatch(job),
		close: async () => {
			await consumer.close()
			await dispatcher.drain()
			await unsubscribe()
			await unsubscribeDetached()
			await unsubscribeApps()
		},
	}
}
