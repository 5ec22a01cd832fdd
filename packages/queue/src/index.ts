export * from './create-queue-backend.ts'
export * from './errors.ts'
export { createMemoryQueueBackend, type MemoryQueueOptions } from './memory-backend.ts'
export { MemoryHub } from './memory-hub.ts'
export type {
	CloseOptions,
	Consumer,
	ConsumerOptions,
	EnqueueOptions,
	JobContext,
	JobHandler,
	Producer,
	QueueBackend,
	QueueCounters,
	QueueHealth,
} from './queue-backend.ts'
export type { SignalHandler, Signals, Unsubscribe } from './signals.ts'
