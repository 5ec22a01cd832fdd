import type { SignalPayload, SignalTopic } from '@vigil/contracts'
import type {
	BindingStore,
	CredentialLife,
	DeviceId,
	DeviceStore,
	ForegroundLeaseStore,
	SipCredential,
} from '@vigil/domain'
import type { Clock, Egress, Logger } from '@vigil/runtime'
import type { TransportSources } from '@vigil/sip-transport'

/** How the edge tells the others of changes and hears of theirs. Signals may get lost or come twice. */
export interface EdgeSignals {
	publish<Topic extends SignalTopic>(topic: Topic, payload: SignalPayload<Topic>): Promise<void>
	/** Resolves when signals published from now on will be delivered, to a function that ends it. */
	subscribe<Topic extends SignalTopic>(
		topic: Topic,
		handler: (payload: SignalPayload<Topic>) => void | Promise<void>,
	): Promise<() => Promise<void>>
}

/** What the edge needs of the store of devices. */
export type EdgeDevices = Pick<DeviceStore, 'load' | 'openSipCredential' | 'noteAnsweredOffer'>

/** What the edge needs of the store of bindings. */
export type EdgeBindings = Pick<BindingStore, 'save' | 'remove' | 'removeByEdge'>

/** Where the edge tells that devices are alive. */
export type EdgeForegroundLeases = Pick<ForegroundLeaseStore, 'renewLeases'>
export type EdgeContacts = Pick<CredentialLife, 'noteContact'>

export interface SipEdgeDeps {
	readonly devices: EdgeDevices
	/** A device's credential as somebody in this process has it in memory, for while the store does not answer. */
	readonly keptCredential?: (id: DeviceId) => SipCredential | undefined
	readonly bindings: EdgeBindings
	readonly foregroundLeases: EdgeForegroundLeases
	readonly contacts: EdgeContacts
	readonly signals: EdgeSignals
	/** Asked before anything is sent where a device's message says, and it has not come from there. */
	readonly egress: Egress
	readonly clock: Clock
	readonly logger: Logger
	/** A new unguessable identifier, of characters that a SIP token takes (letters, digits, `-`), at least 64 bits of chance. */
	readonly randomId: () => string
	/** The network below its sockets, and their chance; the machine's when absent. */
	readonly transport?: TransportSources
	/** At least 32 bytes, the same on every edge of a fleet; keys of the edge are derived from it. */
	readonly secretKey: Uint8Array
	/** `host:port` (TCP) of the worker that takes the calls that devices make; undefined while there is none. */
	readonly callWorker: () => string | undefined
}
