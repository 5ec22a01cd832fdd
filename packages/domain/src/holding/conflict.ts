import type { RegistrationMode } from '../account/account.ts'
import type { ListedBindings } from '../registration/own-binding.ts'
import type { Registration } from '../registration/types.ts'

/**
 * What a SIP server does that the registration mode did not expect:
 * refused     it does not bind the service while it has other bindings
 * overwritten it dropped the service's binding for a device's
 * kept        it keeps other bindings beside the service's
 */
export type Conflict = 'refused' | 'overwritten' | 'kept'

/** What a 2xx to a binding REGISTER of ours tells, where the mode allows one binding only. */
export function conflictBeside(mode: RegistrationMode, listed: ListedBindings): Conflict | undefined {
	return (mode === 1 || mode === 3) && listed.ours && listed.others > 0 ? 'kept' : undefined
}

/**
 * What the bindings tell while the service and a device should both be bound, as mode 0 has it. A binding of ours that
 * has run out, or may have, because its refresh is late was overwritten by nobody: the registrar counts from before our
 * 2xx came, and has listed what it has before its answer came. Nor is anything known while it is not certain as what the
 * registrar lists us.
 */
export function conflictOfCompany(
	listed: ListedBindings,
	{ phase, dueAtMs, alias }: Pick<Registration, 'phase' | 'dueAtMs'> & Partial<Pick<Registration, 'alias'>>,
	nowMs: number,
): Conflict | undefined {
	const lasts = phase === 'registered' && nowMs < dueAtMs && alias?.verdict !== 'doubtful'
	return lasts && !listed.ours && listed.others > 0 ? 'overwritten' : undefined
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
