import { DEMO_PUSH_APP, TenantClient } from '@vigil/all-in-one'
import type { EnrolDeviceResponse, HandoffRequest, HandoffResponse } from '@vigil/contracts'
import {
	type IncomingCall,
	type InviteOptions,
	type Mailbox,
	type ScriptedCall,
	type ScriptedCaller,
	startScriptedCaller,
	type WirePeer,
} from '@vigil/testkit'
import type { TestPlatform } from './test-platform.ts'

export interface ScriptedPhoneOptions {
	/** How it attaches at the edge; default TCP. */
	readonly transport?: 'udp' | 'tcp'
	/** Whether it attaches when a push comes; default true. */
	readonly wakes?: boolean
	/** SIP password in place of the one that enrolment gave. */
	readonly password?: string
}

/** A phone without the SDK: plain HTTP to the control API, plain SIP to the edge, every step decided by the test. */
export class ScriptedPhone {
	readonly identity: EnrolDeviceResponse
	readonly pushToken: string
	readonly pushes: unknown[] = []
	/** The control API with the device's own token. */
	readonly api: TenantClient
	readonly #agent: ScriptedCaller
	readonly #wakes: boolean

	private constructor(
		identity: EnrolDeviceResponse,
		pushToken: string,
		api: TenantClient,
		agent: ScriptedCaller,
		wakes: boolean,
	) {
		this.identity = identity
		this.pushToken = pushToken
		this.api = api
		this.#agent = agent
		this.#wakes = wakes
	}

	static async enrol(
		{ tenant, pushes, addresses }: TestPlatform,
		accountId: string,
		options: ScriptedPhoneOptions = {},
	): Promise<ScriptedPhone> {
		const { code } = await tenant.client.createEnrolment(accountId)
		let phone: ScriptedPhone | undefined
		const token = pushes.newToken((payload) => phone?.pushed(payload))
		const identity = await tenant.client.request<EnrolDeviceResponse>('POST', '/v1/devices', {
			enrolmentCode: code,
			platform: 'ios',
			pushTokens: [{ app: DEMO_PUSH_APP, kind: 'voip', token }],
		})
		const api = new TenantClient(addresses.api, identity.deviceToken)
		phone = new ScriptedPhone(identity, token, api, await agentOf(identity, options), options.wakes ?? true)
		return phone
	}

	/** Calls that the edge brought. */
	get incoming(): Mailbox<IncomingCall> {
		return this.#agent.incoming
	}

	handoff(state: HandoffRequest['state'], more: Omit<HandoffRequest, 'state'> = {}): Promise<HandoffResponse> {
		return this.api.request('POST', '/v1/devices/me/handoff', { ...more, state })
	}

	/** REGISTERs at the edge and gives the status of the answer. */
	async attach(): Promise<number> {
		return (await this.#agent.register({ expiresSeconds: 600 })).status
	}

	/** Calls through the edge. */
	call(to: string, options: InviteOptions = {}): ScriptedCall {
		return this.#agent.invite(to, options)
	}

	async detach(): Promise<void> {
		await this.#agent.unregister()
	}

	/** Cuts its connections, as a change of network does. */
	loseNetwork(): void {
		this.#agent.dropConnections()
	}

	pushed(payload: unknown): void {
		this.pushes.push(payload)
		// What becomes of the call shows whether it worked.
		if (this.#wakes) this.attach().catch(() => {})
	}

	close(): Promise<void> {
		return this.#agent.close()
	}
}

function agentOf({ sip, instanceId }: EnrolDeviceResponse, options: ScriptedPhoneOptions): Promise<ScriptedCaller> {
	const { transport = 'tcp', password = sip.password } = options
	return startScriptedCaller({
		uri: `sip:${sip.username}@${sip.domain}`,
		server: peerOf(sip.urls[transport] ?? '', transport),
		credentials: { username: sip.username, password },
		contactParams: { 'reg-id': '1', '+sip.instance': `<${instanceId}>` },
	})
}

function peerOf(url: string, transport: 'udp' | 'tcp'): WirePeer {
	const match = /^sip:([^:;]+):(\d+)/.exec(url)
	if (!match?.[1]) throw new Error(`the edge offers no ${transport}: ${url}`)
	return { transport, host: match[1], port: Number(match[2]) }
}
