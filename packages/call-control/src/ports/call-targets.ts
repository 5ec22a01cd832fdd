import type { DeviceId } from '@vigil/domain'
import type { SipRequest, SipResponse } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import type { CallTarget } from './call-target.ts'

/** What is to be thought of where a request comes from. `refused`: its sender hears that there is no such target. */
export type SourceVerdict = 'usual' | 'unusual' | 'refused'

/** The target that a request is for. */
export interface FoundTarget {
	readonly target: CallTarget
	readonly source: SourceVerdict
}

/** The targets that a service brings calls for. */
export interface CallTargets {
	/** Whom a request outside of dialogs is for, that came by the flow; undefined for nobody's. */
	find(request: SipRequest, flow: Flow): FoundTarget | undefined
	/** The line by which a device's INVITE is to go out, or what the device hears in place of the call. */
	lineFor(invite: SipRequest, deviceId: DeviceId): { readonly line: CallTarget } | { readonly refusal: SipResponse }
}
