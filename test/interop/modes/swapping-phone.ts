import { registerContacts } from '@vigil/device-sdk'
import { buildRequest } from '@vigil/sip'
import { openSipWire, ScriptedAgent } from '@vigil/testkit'
import { Baresip } from '../peers/baresip.ts'
import type { SoftphoneAccount } from '../peers/real-phone.ts'
import type { Softphone } from './softphone.ts'

/**
 * baresip, whose contact is registered by hand: it knows no REGISTER with two contacts. It answers every call, and is never
 * unregistered, as the service takes its place.
 */
export class SwappingPhone implements Softphone {
	readonly #agent: ScriptedAgent
	readonly #callId: string
	#process: Baresip | undefined
	#cseq = 0

	private constructor(agent: ScriptedAgent) {
		this.#agent = agent
		this.#callId = `swap-${agent.wire.port}-${Date.now()}`
	}

	static async open(): Promise<SwappingPhone> {
		return new SwappingPhone(new ScriptedAgent(await openSipWire()))
	}

	get rung(): ReadonlySet<string> {
		return this.#process?.rung ?? new Set()
	}

	get calls(): number {
		return this.#process?.calls ?? 0
	}

	/** @throws Error when the server does not take both contacts. */
	async register(account: SoftphoneAccount, replaceContact?: string): Promise<void> {
		if (!this.#process) {
			this.#process = await Baresip.start()
			await this.#process.answerFor(account)
		}
		const line = replaceContact === undefined ? {} : { replaceContact }
		const uri = `sip:${account.user}@127.0.0.1:${this.#process.port}`
		await this.#send(account, registerContacts(line, { uri, expiresSeconds: account.expiresSeconds }))
	}

	async unregister(): Promise<void> {}

	async kill(): Promise<void> {
		await this.#agent.close()
		await this.#process?.kill()
	}

	async #send({ user, domain, login }: SoftphoneAccount, contact: string): Promise<void> {
		const [host = '', port] = domain.split(':')
		const aor = `<sip:${user}@${domain}>`
		this.#cseq += 2
		const register = buildRequest({
			method: 'REGISTER',
			uri: `sip:${domain}`,
			headers: [
				['Max-Forwards', '70'],
				['From', `${aor};tag=swap`],
				['To', aor],
				['Call-ID', this.#callId],
				['CSeq', `${this.#cseq} REGISTER`],
				['Contact', contact],
			],
		})
		const to = { transport: 'udp', host, port: Number(port) } as const
		const { status } = await this.#agent.sendAuthorized(register, to, {
			username: login.user,
			password: login.password,
		})
		if (status !== 200) throw new Error(`the server answers ${status} to two contacts`)
	}
}
