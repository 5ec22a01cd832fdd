export type { Measurement, MeasureRequest, StartingNotice } from './process/measuring.ts'
export { type RegistrationWorker, startRegistrationWorker, type WorkerSnapshot } from './start-worker.ts'
export type { WorkerConfig } from './worker-config.ts'
export type { RandomText, WorkerDeps, WorkerSignals } from './worker-ports.ts'
