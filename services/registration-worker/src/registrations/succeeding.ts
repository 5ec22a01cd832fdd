import { initialRegistration } from '@vigil/domain'
import type { RegistrationDriverDeps } from './registration-driver-deps.ts'
import type { RegistrationTable } from './registration-table.ts'
import type { SeenAuthentications } from './seen-authentications.ts'

/** More REGISTERs than a removed account may still need to unregister. */
const LATE_REQUESTS = 64

/** One account moves to another slot: late requests of the old one must not pass for newer (RFC 3261 10.3 step 7). */
export function succeedRegistration(
	from: number,
	to: number,
	table: RegistrationTable,
	seen: Pick<SeenAuthentications, 'succeed'>,
	{ identities, directory, clock }: Pick<RegistrationDriverDeps, 'identities' | 'directory' | 'clock'>,
): void {
	seen.succeed(from, to)
	const id = directory.facts(to)?.id
	const generation = table.generation(from)
	if (id === undefined || generation === 0) return
	identities.set(to, id, generation)
	const cseqCount = table.load(from, 0).cseqCount + LATE_REQUESTS
	table.save(to, { ...initialRegistration(clock.now()), generation, cseqCount })
}
