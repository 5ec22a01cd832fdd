import { codec } from './codec.ts'
import { edge } from './edge.ts'
import { framing } from './framing.ts'
import type { FuzzTarget } from './target.ts'
import { worker } from './worker.ts'

/** Everything that inputs can be thrown at, by name. */
export const TARGETS: Readonly<Record<string, FuzzTarget>> = { codec, framing, worker, edge }
