import type { AccountId, Device, DeviceId, TenantId } from '@vigil/domain'
import type { RandomText } from '@vigil/runtime'
import {
	answerChallenge,
	buildResponse,
	type HeaderPair,
	type SipMessage,
	type SipRequest,
	type SipResponse,
} from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import type { CallEndpoint, CallSide } from '../src/ports/call-side.ts'
import type { Admitted, CallTarget, OfferedCall } from '../src/ports/call-target.ts'
import { type AnswerChallenges, CallChallenges } from '../src/side/call-challenges.ts'
import { CallContact } from '../src/side/call-contact.ts'

export interface TestLineOptions {
	readonly id: string
	readonly user: string
	readonly routes?: readonly string[]
	readonly devices?: readonly Device[]
	/** Calls that a device may make by it at a time. */
	readonly outgoingCalls?: number
	/** Where we are reached from the server, `host:port`. */
	readonly hostPort: string
	readonly endpoint: () => CallEndpoint
	/** The only flow to its server. */
	readonly flow: () => Flow
	readonly random: RandomText
}

/** A target whose server is at the other end of one flow. */
export class TestLine implements CallTarget {
	readonly id: string
	readonly owner
	readonly addressOfRecord: string
	readonly displayName = undefined
	readonly devices: readonly Device[]
	readonly autoSend180 = false
	readonly isAvailable = true
	readonly #options: TestLineOptions
	#outgoing = 0

	constructor(options: TestLineOptions) {
		this.#options = options
		this.id = options.id
		this.owner = { tenantId: 'tenant1' as TenantId, accountId: options.id as AccountId }
		this.addressOfRecord = `sip:${options.user}@pbx.example`
		this.devices = options.devices ?? []
	}

	isContactUser(user: string): boolean {
		return user === this.#options.user
	}

	newSide(): CallSide {
		return new TestSide(this.#options)
	}

	screen(): undefined {
		return undefined
	}

	admit(_call: OfferedCall): Admitted {
		return { release: () => {} }
	}

	admitOutgoing(invite: SipRequest, _deviceId: DeviceId): Admitted {
		if (this.#outgoing >= (this.#options.outgoingCalls ?? 2)) return { refusal: buildResponse(invite, 480) }
		this.#outgoing++
		return { release: () => this.#outgoing-- }
	}

	pinged(): void {}

	callWaits(): void {}
}

class TestSide implements CallSide {
	readonly endpoint: CallEndpoint
	readonly routes: readonly string[]
	readonly contactToken: string
	readonly #options: TestLineOptions
	readonly #contact: CallContact
	readonly #challenges = new CallChallenges(proofs)

	constructor(options: TestLineOptions) {
		this.#options = options
		this.endpoint = options.endpoint()
		this.routes = options.routes ?? []
		this.#contact = new CallContact({ transport: 'udp' }, options.random)
		this.contactToken = this.#contact.token
	}

	contactFor(): string {
		return this.#contact.at(this.#options.hostPort)
	}

	sentByFor(): string {
		return this.#options.hostPort
	}

	invitedBy(): void {}

	cameBy(): void {}

	async firstFlow(): Promise<Flow> {
		return this.#options.flow()
	}

	async flowTo(): Promise<Flow> {
		return this.#options.flow()
	}

	async credentialsFor(request: SipRequest, response: SipResponse): Promise<HeaderPair[]> {
		return this.#challenges.answer(request, response)
	}

	withoutSecrets<Message extends SipMessage>(message: Message): Message {
		return message
	}
}

const proofs: AnswerChallenges = async ({ method, uri, body }, held) =>
	held.map(({ challenge, nonceCount: nc }) => {
		const secret = { password: 'secret' }
		const value = answerChallenge({ challenge, username: 'alice', secret, method, uri, body, cnonce: 'c', nc })
		return ['Proxy-Authorization', value]
	})
