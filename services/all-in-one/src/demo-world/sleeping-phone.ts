import { type DeviceOptions, type IncomingCall, VigilDevice } from '@vigil/device-sdk'
import type { DemoPushProvider } from './push-provider.ts'
import { DEMO_PUSH_APP } from './push-provider.ts'

/** What the phone's user does with a call. */
export type UserAction = 'answer' | 'decline' | 'ignore'

/** The SDP that the phone answers with; media goes past Vigil, so a test can look for it. */
export const PHONE_SDP = [
	'v=0',
	'o=phone 1 1 IN IP4 127.0.0.1',
	's=-',
	'c=IN IP4 127.0.0.1',
	't=0 0',
	'm=audio 40000 RTP/AVP 8 0',
	'a=rtpmap:8 PCMA/8000',
	'',
].join('\r\n')

export interface PhoneOptions {
	readonly apiUrl: string
	readonly enrolmentCode: string
	readonly pushes: DemoPushProvider
	/** What the user does when it rings; default answers. */
	readonly user?: UserAction
	/** Whether the phone wakes at a push at all; default true. */
	readonly wakes?: boolean
	/** Settings of the SDK. */
	readonly device?: DeviceOptions
}

/** A softphone in the form of its SDK: sleeps detached, wakes at a push, attaches, does what its user wants. */
export class SleepingPhone {
	readonly device: VigilDevice
	readonly token: string
	readonly calls: IncomingCall[] = []
	readonly pushes: unknown[] = []
	user: UserAction
	wakes: boolean
	onCall: ((call: IncomingCall) => void) | undefined

	private constructor(device: VigilDevice, token: string, options: PhoneOptions, early: readonly unknown[]) {
		this.device = device
		this.token = token
		this.user = options.user ?? 'answer'
		this.wakes = options.wakes ?? true
		device.on('incomingCall', (call) => this.#incoming(call))
		for (const payload of early) this.#pushed(payload)
	}

	/** Enrols a new install with a push token of the demo provider. */
	static async enrol(options: PhoneOptions): Promise<SleepingPhone> {
		let phone: SleepingPhone | undefined
		const early: unknown[] = []
		const token = options.pushes.newToken((payload) => {
			if (phone) phone.#pushed(payload)
			else early.push(payload)
		})
		const device = await VigilDevice.enrol({
			...options.device,
			apiUrl: options.apiUrl,
			enrolmentCode: options.enrolmentCode,
			platform: 'ios',
			name: 'demo phone',
			pushTokens: [{ app: DEMO_PUSH_APP, kind: 'voip', token }],
		})
		phone = new SleepingPhone(device, token, options, early)
		return phone
	}

	async close(): Promise<void> {
		await this.device.detach()
	}

	#pushed(payload: unknown): void {
		this.pushes.push(payload)
		if (!this.wakes) return
		if (this.device.receivePush(payload) === undefined) return
		// The operating system gives an app no place to report a failed attach; the call then ends by its deadline.
		this.device.attach().catch(() => {})
	}

	#incoming(call: IncomingCall): void {
		this.calls.push(call)
		this.onCall?.(call)
		if (this.user === 'answer') call.accept(PHONE_SDP).catch(() => {})
		if (this.user === 'decline') call.decline().catch(() => {})
	}
}
