import type { DemoTenant, SleepingPhone } from '@vigil/all-in-one'
import type { AccountView, CallWithTimeline, CreateAccountRequest } from '@vigil/contracts'
import {
	type CallerOptions,
	type InviteOptions,
	type RegistrarOptions,
	type ScriptedCall,
	type ScriptedCaller,
	type ScriptedRegistrar,
	startScriptedCaller,
	startScriptedRegistrar,
	until,
} from '@vigil/testkit'
import { MobileNetwork } from './mobile-network.ts'
import { ScriptedPhone, type ScriptedPhoneOptions } from './scripted-phone.ts'
import { startTestPlatform, type TestPlatform } from './test-platform.ts'

export const PASSWORD = 'correct horse'

type AccountOptions = Partial<CreateAccountRequest>

/** An account whose phone has handed over and sleeps. */
export interface SleepingUser {
	readonly username: string
	readonly account: AccountView
	readonly phone: SleepingPhone
}

type PhoneOptions = NonNullable<Parameters<DemoTenant['addPhone']>[1]>

export interface SleepingUserOptions extends PhoneOptions {
	readonly account?: AccountOptions
}

/** A platform, the customer's SIP server, and somebody who calls. */
export class TestWorld {
	readonly platform: TestPlatform
	readonly registrar: ScriptedRegistrar
	readonly caller: ScriptedCaller
	readonly #closing: (() => Promise<unknown>)[] = []
	#users = 0

	private constructor(platform: TestPlatform, registrar: ScriptedRegistrar, caller: ScriptedCaller) {
		this.platform = platform
		this.registrar = registrar
		this.caller = caller
	}

	static async start(
		settings: Readonly<Record<string, string>> = {},
		registrarOptions: RegistrarOptions = {},
	): Promise<TestWorld> {
		const [platform, registrar] = await Promise.all([
			startTestPlatform({ VIGIL_WAKE_SECONDS: '3', ...settings }),
			startScriptedRegistrar({ realm: 'pbx.test', ...registrarOptions }),
		])
		return new TestWorld(platform, registrar, await callerAt(registrar))
	}

	get tenant(): DemoTenant {
		return this.platform.tenant
	}

	/** `host:port` of the SIP server, as the domain of accounts. */
	get domain(): string {
		return `${this.registrar.host}:${this.registrar.port}`
	}

	/** A user that the SIP server knows, not yet an account. */
	newUser(): string {
		const username = `user${++this.#users}`
		this.registrar.setUser(username, PASSWORD)
		return username
	}

	addAccount(options: AccountOptions = {}): Promise<AccountView> {
		const username = options.username ?? this.newUser()
		return this.tenant.addAccount({ domain: this.domain, password: PASSWORD, ...options, username })
	}

	async addPhone(accountId: string, options: PhoneOptions = {}): Promise<SleepingPhone> {
		const phone = await this.tenant.addPhone(accountId, options)
		this.#closing.push(() => phone.close())
		return phone
	}

	/** A phone whose every SIP message the test decides. */
	async addScriptedPhone(accountId: string, options: ScriptedPhoneOptions = {}): Promise<ScriptedPhone> {
		const phone = await ScriptedPhone.enrol(this.platform, accountId, options)
		this.#closing.push(() => phone.close())
		return phone
	}

	async sleepingUser({ account: attributes, ...options }: SleepingUserOptions = {}): Promise<SleepingUser> {
		const account = await this.addAccount(attributes)
		const phone = await this.addPhone(account.id, options)
		const { lines } = await phone.device.handoff('background')
		if (lines[0]?.holder !== 'service') throw new Error(`the handoff failed: ${JSON.stringify(lines)}`)
		return { username: account.username, account, phone }
	}

	/** The network of one phone, which can be taken away. */
	async newNetwork(): Promise<MobileNetwork> {
		const network = await MobileNetwork.start(this.platform.addresses.edge.ws ?? '')
		this.#closing.push(() => network.close())
		return network
	}

	/** Another one who calls, with settings of its own. */
	async newCaller(options: Partial<CallerOptions> = {}): Promise<ScriptedCaller> {
		const caller = await callerAt(this.registrar, options)
		this.#closing.push(() => caller.close())
		return caller
	}

	/** Calls a user by the SIP server. */
	dial(username: string, options: InviteOptions = {}, caller: ScriptedCaller = this.caller): ScriptedCall {
		return caller.invite(`sip:${username}@${this.domain}`, options)
	}

	/** The record of a call once it is over and all these events are on its timeline. */
	recordOf(
		call: ScriptedCall,
		accountId: string,
		kinds: readonly string[] = ['ended'],
		{ client }: DemoTenant = this.tenant,
	): Promise<CallWithTimeline> {
		let seen: string[] = []
		return until(
			async () => {
				const calls = await client.calls(accountId)
				const found = calls.find(({ sipCallId }) => sipCallId === call.callId)
				if (found === undefined) return undefined
				const whole = await client.call(found.id)
				seen = kindsOf(whole)
				return whole.outcome !== undefined && kinds.every((kind) => seen.includes(kind)) ? whole : undefined
			},
			{ what: () => `the record of the call with ${kinds.join(', ')}; it has ${seen.join(', ')}` },
		)
	}

	async close(): Promise<void> {
		for (const close of this.#closing.reverse()) await close().catch(() => {})
		await this.caller.close()
		await this.platform.close()
		await this.registrar.close()
	}
}

/** What is on the timeline, in order. */
export function kindsOf({ timeline }: CallWithTimeline): string[] {
	return timeline.map(({ kind }) => kind)
}

function callerAt(registrar: ScriptedRegistrar, options: Partial<CallerOptions> = {}): Promise<ScriptedCaller> {
	const { host, port } = registrar
	return startScriptedCaller({
		uri: 'sip:bob@pbx.test',
		displayName: 'Bob Caller',
		server: { host, port, transport: 'udp' },
		...options,
	})
}
