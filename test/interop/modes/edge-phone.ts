import { type IncomingCall, type ScriptedCaller, sampleSdp, startScriptedCaller } from '@vigil/testkit'
import type { SoftphoneAccount } from '../peers/baresip.ts'
import type { Softphone } from './softphone.ts'

/** How soon it notices that it was closed. */
const LOOK_UP_MS = 500

/**
 * A softphone at the edge, over TCP. Not baresip: Debian's does not answer a server that offers SHA-256 beside MD5, as the edge
 * does (RFC 8760 2.4).
 */
export class EdgePhone implements Softphone {
	readonly rung = new Set<string>()
	readonly #edgePort: number
	readonly #instanceId: string
	#agent: ScriptedCaller | undefined
	#calls = 0
	#closed = false

	/** `edgePort` of 127.0.0.1; the instance-id of the device, which tells its registrations from others (RFC 5626 4.1). */
	constructor(edgePort: number, instanceId: string) {
		this.#edgePort = edgePort
		this.#instanceId = instanceId
	}

	get calls(): number {
		return this.#calls
	}

	async register({ user, domain, login, expiresSeconds }: SoftphoneAccount): Promise<void> {
		this.#agent ??= await this.#open(user, domain, login)
		const { status } = await this.#agent.register({ expiresSeconds })
		if (status !== 200) throw new Error(`the edge answers ${status}`)
	}

	async unregister(): Promise<void> {
		await this.#agent?.unregister()
	}

	/** Calls and hangs up when it was answered. @throws Error when it was not. */
	async callBriefly(to: string): Promise<void> {
		const call = this.#agent?.invite(to, { body: sampleSdp('192.0.2.2', 42_000) })
		await call?.answered()
		await call?.bye()
	}

	async kill(): Promise<void> {
		const agent = this.#agent
		this.#agent = undefined
		this.#closed = true
		await agent?.close()
	}

	async #open(user: string, domain: string, login: SoftphoneAccount['login']): Promise<ScriptedCaller> {
		const agent = await startScriptedCaller({
			uri: `sip:${user}@${domain}`,
			server: { transport: 'tcp', host: '127.0.0.1', port: this.#edgePort },
			credentials: { username: login.user, password: login.password },
			contactParams: { 'reg-id': '1', '+sip.instance': `<${this.#instanceId}>` },
		})
		this.#closed = false
		void this.#takeCalls(agent)
		return agent
	}

	async #takeCalls(agent: ScriptedCaller): Promise<void> {
		const isNew = ({ callId }: IncomingCall) => !this.rung.has(callId)
		for (;;) {
			const call = await agent.incoming.waitFor(isNew, { deadlineMs: LOOK_UP_MS }).catch(() => undefined)
			if (call) void this.#take(call).finally(() => this.#calls--)
			else if (this.#closed) return
		}
	}

	async #take(call: IncomingCall): Promise<void> {
		this.rung.add(call.callId)
		this.#calls++
		// A caller who gives up meanwhile is counted where the callers are.
		await call.answer(sampleSdp('127.0.0.1')).catch(() => {})
		await call.dialog.ended().catch(() => {})
	}
}
