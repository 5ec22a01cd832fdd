export type { Measurement, MeasureRequest, StartingNotice } from './process/measuring.ts'
export { type RegistrationWorker, startRegistrationWorker, type WorkerSnapshot } from './start-worker.ts'
export { CALLS_DRAIN_MS, pacingOf, WORKER_TIMES, type WorkerConfig } from './worker-config.ts'
export type { RandomText, WorkerDeps, WorkerSignals } from './worker-ports.ts'
