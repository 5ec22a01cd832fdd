import { DEMO_PUSH_APP, PHONE_SDP } from '@vigil/all-in-one'
import { type HandoffLine, type HandoffRequest, type HandoffResponse, parsePushPayload } from '@vigil/contracts'
import { VigilDevice } from '@vigil/device-sdk'
import { until } from '@vigil/testkit'
import type { TestPlatform } from '../../world/test-platform.ts'

/**
 * The app while it sleeps: a push wakes it, it attaches at the edge, its user answers every call, and it sleeps again, detached,
 * when the last one is over.
 */
export class PushPhone {
	readonly device: VigilDevice
	/** Call-IDs of the calls that it rang for. */
	readonly rung = new Set<string>()
	readonly #handoffUrl: string
	#isAttachedOtherwise = false
	#isKnown: (callId: string) => boolean = () => false
	/** Wakes and sleeps happen one after the other. */
	#turn: Promise<unknown> = Promise.resolve()

	private constructor(device: VigilDevice, apiUrl: string) {
		this.device = device
		this.#handoffUrl = `${apiUrl}/v1/devices/me/handoff`
		device.on('incomingCall', (call) => {
			this.rung.add(call.sipCallId)
			call.accept(PHONE_SDP).catch(() => {})
			call.onEnded(() => this.#then(() => this.#sleep()))
		})
	}

	static async enrol({ tenant, pushes, addresses }: TestPlatform, accountId: string): Promise<PushPhone> {
		const { code } = await tenant.client.createEnrolment(accountId)
		let pushed: (payload: unknown) => void = () => {}
		const token = pushes.newToken((payload) => pushed(payload))
		const device = await VigilDevice.enrol({
			apiUrl: addresses.api,
			enrolmentCode: code,
			platform: 'ios',
			pushTokens: [{ app: DEMO_PUSH_APP, kind: 'voip', token }],
		})
		const phone = new PushPhone(device, addresses.api)
		pushed = (payload) => phone.#pushed(payload)
		return phone
	}

	/**
	 * States what the app does. Not by the SDK, which would announce calls that wait: some of them are on their way to the
	 * softphone, and the others come by push.
	 */
	async handoff(
		request: HandoffRequest,
	): Promise<{ readonly settled: boolean; readonly lines: readonly HandoffLine[] }> {
		const response = await fetch(this.#handoffUrl, {
			method: 'POST',
			headers: { authorization: `Bearer ${this.device.identity.deviceToken}`, 'content-type': 'application/json' },
			body: JSON.stringify(request),
		})
		const body = (await response.json()) as HandoffResponse
		if (!response.ok) throw new Error(`the handoff is answered ${response.status}: ${JSON.stringify(body)}`)
		return { settled: response.status === 200, lines: body.lines }
	}

	/**
	 * The app is opened: once no call is up here it gets all further ones by its softphone. A push for a call that this one
	 * has, or gets, tells it nothing new.
	 */
	async handOver(softphone: { readonly rung: ReadonlySet<string> }): Promise<void> {
		this.#isKnown = (callId) => softphone.rung.has(callId)
		const isAsleep = () => this.device.calls.length === 0 && this.device.attachment === 'detached'
		await until(isAsleep, { what: 'a moment without a call' })
		this.#isAttachedOtherwise = true
	}

	/** The app is left: pushes wake it again. */
	takeBack(): void {
		this.#isAttachedOtherwise = false
	}

	async close(): Promise<void> {
		this.#then(() => this.device.detach())
		await this.#turn
	}

	#pushed(payload: unknown): void {
		if (this.#isAttachedOtherwise || this.#isKnown(sipCallIdOf(payload))) return
		if (this.device.receivePush(payload) !== undefined) this.#then(() => this.device.attach())
	}

	/** A push that came in the meantime keeps it awake. */
	#sleep(): Promise<void> | undefined {
		return this.device.calls.length === 0 ? this.device.detach() : undefined
	}

	#then(step: () => Promise<void> | undefined): void {
		// An app has nowhere to report that it could not attach; the call then ends by its deadline, and is counted.
		this.#turn = this.#turn.then(step).catch(() => {})
	}
}

function sipCallIdOf(payload: unknown): string {
	const notice = parsePushPayload(payload)
	return notice?.event === 'call' ? notice.sipCallId : ''
}
