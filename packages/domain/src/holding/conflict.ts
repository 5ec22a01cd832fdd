import type { RegistrationMode } from '../account/account.ts'
import { refreshDelaySeconds } from '../registration/timing.ts'
import type { Registration } from '../registration/types.ts'
import type { Holding, SeenBindings } from './types.ts'

/**
 * What a SIP server does that the registration mode did not expect:
 * refused     it does not bind the service while it has other bindings
 * overwritten it dropped the service's binding for a device's
 * kept        it keeps other bindings beside the service's
 */
export type Conflict = 'refused' | 'overwritten' | 'kept'

/** What a 2xx to a binding REGISTER of ours tells, where the mode allows one binding only. */
export function concurrentConflict(
	mode: RegistrationMode,
	listed: Pick<SeenBindings, 'ours' | 'others'>,
): Conflict | undefined {
	return (mode === 1 || mode === 3) && listed.ours && listed.others > 0 ? 'kept' : undefined
}

/**
 * What the bindings tell while the service and a device should both be bound, as mode 0 has it. A binding of ours that
 * has run out, or may have, because its refresh is late was overwritten by nobody: the registrar counts from before our
 * 2xx came, and has listed what it has before its answer came. Nor is anything known while our binding is to be looked at
 * before its refresh: the connection that it was made by has ended, or it is not certain as what the registrar lists us.
 */
export function coexistenceConflict(
	listed: Pick<SeenBindings, 'ours' | 'others'>,
	registration: CoexistenceFacts,
	nowMs: number,
): Conflict | undefined {
	const { phase, dueAtMs } = registration
	const lasts = phase === 'registered' && dueAtMs !== undefined && nowMs < dueAtMs && !isInDoubt(registration)
	return lasts && !listed.ours && listed.others > 0 ? 'overwritten' : undefined
}

type CoexistenceFacts = Pick<Registration, 'phase' | 'dueAtMs' | 'boundUntilMs' | 'spread' | 'status'>

/** Two numbers of milliseconds that come by different ways differ by less. */
const ROUNDING_MS = 1

function isInDoubt({ dueAtMs, boundUntilMs, spread, status }: CoexistenceFacts): boolean {
	const { grantedExpiresSeconds = 0 } = status
	const usualAtMs = boundUntilMs - (grantedExpiresSeconds - refreshDelaySeconds(grantedExpiresSeconds, spread)) * 1000
	return (dueAtMs ?? 0) < usualAtMs - ROUNDING_MS
}

/**
 * The mode to act by. Where each new binding overwrites the other, going on with mode 0 would be a fight between the
 * service and the device in the foreground: the device has it, as in mode 3.
 */
export function modeUnder(mode: RegistrationMode, conflict: Conflict | undefined): RegistrationMode {
	return mode === 0 && conflict === 'overwritten' ? 3 : mode
}

/** For the tenant: what was seen, and the mode that fits it. */
export function conflictWords(mode: RegistrationMode, conflict: Conflict): string {
	switch (conflict) {
		case 'refused':
			return mode === 1
				? 'another device registered at the SIP server before the service, which registration mode 1 does not allow'
				: 'the SIP server refuses a second binding; registration mode 1 fits it'
		case 'overwritten':
			return 'the SIP server keeps only the newest binding; registration mode 3 fits it'
		case 'kept':
			return mode === 1
				? 'another device is registered at the SIP server beside the service, which registration mode 1 does not allow'
				: 'the SIP server keeps other bindings beside the newest; registration mode 0 fits it'
	}
}

/**
 * Whether a 2xx that bound us, in mode 0, is evidence that it has overwritten the binding that a device had until it went
 * away by its own word: only ours is listed. Not of one that is back: what it had may have ended while it was away.
 */
export function hasOverwritten(
	{ ours, others }: Pick<SeenBindings, 'ours' | 'others'>,
	{ deviceWasBound, leaving, inUse }: Pick<Holding, 'deviceWasBound' | 'leaving' | 'inUse'>,
): boolean {
	return deviceWasBound && leaving && !inUse && ours && others === 0
}
