import type { Admitted, CallOwner, CallSide, CallTarget, OfferedCall } from '@vigil/call-control'
import { type Account, addressOfRecord, type Device, type DeviceId, isContactUser } from '@vigil/domain'
import type { SipRequest, SipResponse } from '@vigil/sip'
import type { DirectoryEntry } from '../accounts/account-directory.ts'
import type { CallGate } from '../admission/call-gate.ts'
import { AccountSide, type AccountSideDeps } from './account-side.ts'
import { refusedLine, TOO_MANY_CALLS } from './outgoing/line-choice.ts'
import type { OutgoingBounds } from './outgoing/outgoing-bounds.ts'
import type { RegistrationHints } from './registration-hints.ts'

export interface AccountTargetDeps {
	readonly side: AccountSideDeps
	readonly gate: CallGate
	readonly bounds: OutgoingBounds
	readonly hints: RegistrationHints
}

/** An account, as calls for it and by it see it. */
export class AccountTarget implements CallTarget {
	readonly #deps: AccountTargetDeps
	readonly #entry: DirectoryEntry

	constructor(deps: AccountTargetDeps, entry: DirectoryEntry) {
		this.#deps = deps
		this.#entry = entry
	}

	get #account(): Account {
		return this.#entry.account
	}

	get id(): string {
		return this.#account.id
	}

	get owner(): CallOwner {
		const { id: accountId, tenantId } = this.#account
		return { tenantId, accountId }
	}

	get addressOfRecord(): string {
		return addressOfRecord(this.#account)
	}

	get displayName(): string | undefined {
		return this.#account.displayName
	}

	get devices(): readonly Device[] {
		return this.#entry.devices
	}

	get autoSend180(): boolean {
		return this.#account.attributes.autoSend180
	}

	get isAvailable(): boolean {
		return !this.#account.disabled && this.#account.attributes.pushEnabled
	}

	isContactUser(user: string): boolean {
		return isContactUser(user, this.#account)
	}

	newSide(): CallSide {
		return new AccountSide(this.#deps.side, this.#account)
	}

	screen({ invite, isUsualSource }: OfferedCall, key: string): SipResponse | undefined {
		return this.#deps.gate.refusal({ invite, account: this.#account, isFromOwnServer: isUsualSource }, key)
	}

	admit({ invite, isUsualSource }: OfferedCall): Admitted {
		return this.#deps.gate.take({ invite, account: this.#account, isFromOwnServer: isUsualSource })
	}

	admitOutgoing(invite: SipRequest, deviceId: DeviceId): Admitted {
		const { bounds, gate } = this.#deps
		const release = bounds.take(deviceId, this.#account)
		if (typeof release !== 'function') {
			gate.noteRefused(this.#account, release)
			return { refusal: refusedLine(invite, TOO_MANY_CALLS) }
		}
		const admitted = gate.takeOutgoing(invite, this.#account, deviceId)
		if ('refusal' in admitted) {
			release()
			return admitted
		}
		return {
			release: () => {
				release()
				admitted.release()
			},
		}
	}

	pinged(): void {
		this.#deps.hints.pinged(this.#account.id)
	}

	callWaits(): void {
		this.#deps.hints.callWaits(this.#account.id)
	}
}
