import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CreateAccountRequest, RegistrationView } from '@vigil/contracts'
import { testAuthority, until } from '@vigil/testkit'
import { expect } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../../world/test-platform.ts'
import { Kamailio } from '../peers/kamailio.ts'
import type { KamailioOptions } from '../peers/kamailio-config.ts'
import type { RegisterSeen } from '../peers/kamailio-log.ts'

export const PASSWORD = 'correct horse'
const PATIENCE_MS = 50_000

type AccountOptions = Partial<CreateAccountRequest>
type PhoneOptions = NonNullable<Parameters<TestPlatform['tenant']['addPhone']>[1]>
type RegistrarOptions = Omit<KamailioOptions, 'password' | 'certificate' | 'webSocket'>

/** A platform, and Kamailio as the customer's registrar: real processes' sockets on loopback. */
export class RegistrarWorld {
	readonly kamailio: Kamailio
	readonly platform: TestPlatform
	readonly #close: () => Promise<void>

	private constructor(kamailio: Kamailio, platform: TestPlatform, close: () => Promise<void>) {
		this.kamailio = kamailio
		this.platform = platform
		this.#close = close
	}

	/** Speaks TLS and WebSocket too, with a certificate that the platform trusts. */
	static async start(options: RegistrarOptions = {}): Promise<RegistrarWorld> {
		const folder = await mkdtemp(join(tmpdir(), 'vigil-registrar-'))
		const authority = await testAuthority()
		const upstreamCa = join(folder, 'authority.pem')
		await writeFile(upstreamCa, authority.cert)
		const certificate = await authority.issue(['127.0.0.1', 'localhost'])
		const kamailio = await Kamailio.start({ password: PASSWORD, certificate, webSocket: true, ...options })
		const platform = await startTestPlatform({
			VIGIL_WAKE_SECONDS: '3',
			VIGIL_UPSTREAM_CA: upstreamCa,
			...(options.ipv6 ? { VIGIL_UPSTREAM_HOST_V6: '::1' } : {}),
		})
		return new RegistrarWorld(kamailio, platform, async () => {
			await platform.close()
			await kamailio.stop()
			await rm(folder, { recursive: true, force: true })
		})
	}

	/** The same platform with another registrar, over UDP and TCP; closing it leaves the platform alone. */
	async withOther(options: RegistrarOptions): Promise<RegistrarWorld> {
		const kamailio = await Kamailio.start({ password: PASSWORD, ...options })
		return new RegistrarWorld(kamailio, this.platform, () => kamailio.stop())
	}

	get tenant(): TestPlatform['tenant'] {
		return this.platform.tenant
	}

	/** `host:port` of the registrar for the transport. */
	domain(transport: string = 'udp'): string {
		return `127.0.0.1:${transport === 'tls' ? this.kamailio.tlsPort : this.kamailio.port}`
	}

	/** An account whose phone has just gone to sleep, whatever became of its registration. */
	async user(username: string, options: AccountOptions = {}, phoneOptions: PhoneOptions = {}) {
		const account = await this.tenant.addAccount({
			domain: this.domain(options.transport),
			password: PASSWORD,
			transport: 'udp',
			...options,
			username,
		})
		const phone = await this.tenant.addPhone(account.id, phoneOptions)
		const { lines } = await phone.device.handoff('background')
		return { username, account, phone, line: lines[0] }
	}

	/** What the API tells of the account's registration, once it is so. */
	registration(accountId: string, state: RegistrationView['state']): Promise<RegistrationView> {
		let seen: RegistrationView | undefined
		return until(
			async () => {
				seen = (await this.tenant.client.registration(accountId)).registration
				return seen.state === state ? seen : undefined
			},
			{ deadlineMs: PATIENCE_MS, what: () => `registration ${state}; it is ${JSON.stringify(seen)}` },
		)
	}

	/** The user's REGISTERs at the registrar, up to the one that was the `count`th with a contact to be answered so. */
	registers(username: string, status: number, count: number): Promise<RegisterSeen[]> {
		return this.#registersOnce(username, `${count} times ${status}`, (seen) => {
			const last = withoutCopies(withoutQueries(seen)).filter((one) => one.status === status)[count - 1]
			return last && seen.slice(0, seen.lastIndexOf(last) + 1)
		})
	}

	/** All REGISTERs of the user so far, `atLeast` of them, once the log tells what each was answered: it does so later. */
	answered(username: string, atLeast = 1): Promise<RegisterSeen[]> {
		return this.#registersOnce(username, `${atLeast} answered`, (seen) => {
			const requests = withoutCopies(seen)
			return requests.length >= atLeast && requests.every(({ status }) => status !== undefined) && seen
		})
	}

	/** The last change of the user's bindings was that one went; the log may tell so a moment after the answer. */
	async expectRemoved(username: string): Promise<void> {
		const last = () => this.kamailio.bindingChanges(username).at(-1)?.change
		await expect.poll(last, { timeout: PATIENCE_MS }).toBe('removed')
	}

	#registersOnce<T>(username: string, what: string, condition: (seen: RegisterSeen[]) => T) {
		const { kamailio } = this
		return until(() => condition(kamailio.registers(username)), {
			deadlineMs: PATIENCE_MS,
			what: () => `${what}: ${describeRegisters(kamailio.registers(username))}`,
		})
	}

	close(): Promise<void> {
		return this.#close()
	}
}

/** The requests without their retransmissions. */
export function withoutCopies(registers: readonly RegisterSeen[]): RegisterSeen[] {
	return registers.filter(
		({ callId, cseq }, index) => registers.findIndex((one) => one.callId === callId && one.cseq === cseq) === index,
	)
}

/** Without the binding query, which may follow a refusal: a second binding may be what was refused. */
export function withoutQueries(registers: readonly RegisterSeen[]): RegisterSeen[] {
	return registers.filter(({ contact }) => contact !== '')
}

/** The answers in the order of their requests. */
export function statusesOf(registers: readonly RegisterSeen[]): (number | undefined)[] {
	return withoutCopies(registers).map(({ status }) => status)
}

/** The registrar says that it has answered after it has: the next request may be logged by another of its processes before. */
const LOG_RACE_MS = 50

/** Whether the registrar saw one registration: one Call-ID, CSeq rising by one, one request at a time. */
export function isOneRegistration(registers: readonly RegisterSeen[]): boolean {
	const requests = withoutCopies(registers)
	return requests.every((request, index) => {
		const before = requests[index - 1]
		if (!before) return true
		const inTurn = before.answeredAtMs !== undefined && before.answeredAtMs <= request.atMs + LOG_RACE_MS
		return request.callId === before.callId && request.cseq === before.cseq + 1 && inTurn
	})
}

function describeRegisters(registers: readonly RegisterSeen[]): string {
	return registers.map(({ cseq, status }) => `${cseq}: ${status ?? 'no answer'}`).join(', ')
}
