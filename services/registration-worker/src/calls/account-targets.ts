import type { CallTarget, CallTargets, FoundTarget } from '@vigil/call-control'
import type { DeviceId } from '@vigil/domain'
import type { SipRequest, SipResponse } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import type { AccountDirectory } from '../accounts/account-directory.ts'
import { AccountTarget, type AccountTargetDeps } from './account-target.ts'
import type { CalledAccounts } from './called-accounts.ts'
import { chooseLine, refusedLine } from './outgoing/line-choice.ts'

/** The worker's accounts as targets of calls. */
export class AccountTargets implements CallTargets {
	readonly #directory: Pick<AccountDirectory, 'accountsOfDevice' | 'get'>
	readonly #called: Pick<CalledAccounts, 'find'>
	readonly #deps: AccountTargetDeps

	constructor(
		directory: Pick<AccountDirectory, 'accountsOfDevice' | 'get'>,
		called: Pick<CalledAccounts, 'find'>,
		deps: AccountTargetDeps,
	) {
		this.#directory = directory
		this.#called = called
		this.#deps = deps
	}

	find(request: SipRequest, flow: Flow): FoundTarget | undefined {
		const called = this.#called.find(request, flow)
		return called && { target: new AccountTarget(this.#deps, called.entry), source: called.source }
	}

	lineFor(invite: SipRequest, deviceId: DeviceId): { readonly line: CallTarget } | { readonly refusal: SipResponse } {
		const lines = this.#directory.accountsOfDevice(deviceId).flatMap((id) => this.#directory.get(id) ?? [])
		const choice = chooseLine(invite, deviceId, lines)
		if ('refusal' in choice) return { refusal: refusedLine(invite, choice.refusal) }
		return { line: new AccountTarget(this.#deps, choice.line) }
	}
}
