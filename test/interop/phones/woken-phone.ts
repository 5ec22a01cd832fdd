import { DEMO_PUSH_APP, TenantClient } from '@vigil/all-in-one'
import { type EnrolDeviceResponse, parsePushPayload } from '@vigil/contracts'
import type { DeviceId } from '@vigil/domain'
import type { TestPlatform } from '../../world/test-platform.ts'
import type { RealPhone, SoftphoneAccount } from '../peers/real-phone.ts'

export interface WokenPhoneOptions<Phone extends RealPhone> {
	/** How it reaches the edge. */
	readonly transport: 'udp' | 'tcp'
	/** Starts the app; resolves when it has registered. */
	readonly start: (account: SoftphoneAccount) => Promise<Phone>
	/** Name of its push app; the demo tenant's unless given. */
	readonly pushApp?: string
}

/** An app around a real softphone: a push for a call starts it, and it registers at the edge. From then on it runs. */
export class WokenPhone<Phone extends RealPhone> {
	/** Calls that a push came for. */
	readonly pushedFor: string[] = []
	readonly #account: SoftphoneAccount
	readonly #start: (account: SoftphoneAccount) => Promise<Phone>
	readonly #started: Promise<Phone>[] = []
	#running: Promise<Phone> | undefined
	#last: Phone | undefined

	private constructor(account: SoftphoneAccount, start: (account: SoftphoneAccount) => Promise<Phone>) {
		this.#account = account
		this.#start = start
	}

	/** Enrols an install that has handed over. */
	static async asleep<Phone extends RealPhone>(
		{ tenant, pushes, addresses }: TestPlatform,
		accountId: string,
		{ transport, start, pushApp = DEMO_PUSH_APP }: WokenPhoneOptions<Phone>,
	): Promise<WokenPhone<Phone>> {
		const { code } = await tenant.client.createEnrolment(accountId)
		let pushed: (payload: unknown) => void = () => {}
		const token = pushes.newToken((payload) => pushed(payload))
		const { deviceToken, sip } = await tenant.client.request<EnrolDeviceResponse>('POST', '/v1/devices', {
			enrolmentCode: code,
			platform: 'ios',
			pushTokens: [{ app: pushApp, kind: 'voip', token }],
		})
		const { username: user, password, domain } = sip
		const outboundProxy = sip.urls[transport]
		if (outboundProxy === undefined) throw new Error(`the edge offers no ${transport}`)
		const account = { user, domain, outboundProxy, login: { user, password }, expiresSeconds: 600 }
		const phone = new WokenPhone(account, start)
		pushed = (payload) => phone.#pushed(payload)
		await new TenantClient(addresses.api, deviceToken).request('POST', '/v1/devices/me/handoff', {
			state: 'background',
		})
		return phone
	}

	/** The user part of its address at the edge. */
	get deviceId(): DeviceId {
		return this.#account.user as DeviceId
	}

	/** The app, once a push has started it. @throws Error when it could not register, or was never started. */
	async app(): Promise<Phone> {
		if (!this.#running) throw new Error('no push has come')
		return this.#running
	}

	/** What the app has told of, for the message of a test that fails. */
	get story(): string {
		return this.#last?.story ?? 'not registered'
	}

	/** Its user ends the app, which says goodbye; the next push starts it anew. */
	async quit(): Promise<void> {
		const phone = await this.app()
		this.#running = undefined
		await phone.quit()
	}

	/** The system ends the app, and those that are about to end. */
	async kill(): Promise<void> {
		this.#running = undefined
		// One that could not register has ended already.
		await Promise.allSettled(this.#started.map(async (phone) => (await phone).kill()))
	}

	#pushed(payload: unknown): void {
		const notice = parsePushPayload(payload)
		if (notice?.event !== 'call') return
		this.pushedFor.push(notice.sipCallId)
		if (this.#running) return
		this.#running = this.#start(this.#account)
		this.#started.push(this.#running)
		this.#running.then(
			(phone) => {
				this.#last = phone
			},
			// Whoever asks for the app is told.
			() => {},
		)
	}
}
