import { type Account, type AccountAttributes, DEFAULT_ATTRIBUTES } from '@vigil/domain'
import type { RegistrationWorker } from '@vigil/registration-worker'
import { realClock } from '@vigil/runtime'
import {
	type RegisterRecord,
	type ScriptedRegistrar,
	startScriptedRegistrar,
	until,
	VirtualClock,
} from '@vigil/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { accountOf, sleepingDevice, startLoneWorker } from '../world/lone-worker.ts'
import { MemoryPorts } from '../world/memory-ports.ts'

const closing: (() => unknown)[] = []

afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close()
})

async function newRegistrar(users: readonly string[] = ['alice']): Promise<ScriptedRegistrar> {
	const passwords = Object.fromEntries(users.map((user) => [user, 'correct horse']))
	const registrar = await startScriptedRegistrar({ users: passwords, realm: 'pbx.test' })
	closing.push(() => registrar.close())
	return registrar
}

const addressOf = ({ host, port }: ScriptedRegistrar) => `${host}:${port}`

/** A worker with one account, whose changes it hears as they are made. */
class Scene {
	readonly ports = new MemoryPorts()
	worker: RegistrationWorker | undefined
	#account: Account

	constructor(account: Account) {
		this.#account = account
		const device = sleepingDevice('phone', [account.id])
		this.ports.accountsById.set(account.id, account)
		this.ports.devicesById.set(device.id, device)
	}

	static async registered(registrar: ScriptedRegistrar, change: Partial<Account> = {}, clock = realClock) {
		const scene = new Scene(accountOf('alice', addressOf(registrar), { contactToken: 'token-of-alice', ...change }))
		scene.worker = await startLoneWorker(scene.ports, clock)
		closing.push(() => scene.worker?.close())
		await until(() => registrar.bindings('alice').length === 1)
		await scene.shows('registered')
		return scene
	}

	get status() {
		return this.ports.statuses.get(this.#account.id)
	}

	shows(state: string): Promise<unknown> {
		return until(() => this.status?.state === state && this.status.accountVersion === this.#account.version, {
			what: () => `${state} for version ${this.#account.version}; it is ${JSON.stringify(this.status)}`,
		})
	}

	async change({
		attributes,
		...rest
	}: Partial<Omit<Account, 'attributes'>> & { attributes?: Partial<AccountAttributes> }) {
		const before = this.#account
		const version = before.version + 1
		this.#account = { ...before, ...rest, version, attributes: { ...before.attributes, ...attributes } }
		this.ports.accountsById.set(before.id, this.#account)
		await this.ports.signals.publish('account.changed', { accountId: before.id })
	}
}

const accepted = (registrar: ScriptedRegistrar) => registrar.registers.items.filter(({ status }) => status === 200)
const expiresOf = ({ contacts }: RegisterRecord) => contacts[0]?.expiresSeconds
const expiries = (registrar: ScriptedRegistrar) => accepted(registrar).map(expiresOf)

describe('a change of an account', () => {
	it.each([
		['domain', (to: ScriptedRegistrar) => ({ domain: addressOf(to) })],
		['outbound proxy', (to: ScriptedRegistrar) => ({ attributes: { outboundProxy: addressOf(to) } })],
	])('of the %s unregisters at the old server and registers at the new one', async (_what, changeTo) => {
		const [old, next] = [await newRegistrar(), await newRegistrar()]
		const scene = await Scene.registered(old)
		await scene.change(changeTo(next))
		await until(() => next.bindings('alice').length === 1 && old.bindings('alice').length === 0)
		await scene.shows('registered')
		expect(expiries(old)).toEqual([600, 0])
		const [bound, removed] = accepted(old)
		expect(removed?.callId).toBe(bound?.callId)
		expect(removed?.contacts[0]?.uri).toBe(bound?.contacts[0]?.uri)
		expect(removed?.request.headers.get('To')).toBe(bound?.request.headers.get('To'))
		expect(expiries(next)).toEqual([600])
	})

	it('of the user name moves the binding to the other address-of-record, with credentials for each', async () => {
		const registrar = await newRegistrar(['alice', 'alicia'])
		const scene = await Scene.registered(registrar)
		await scene.change({ username: 'alicia' })
		await until(() => registrar.bindings('alicia').length === 1 && registrar.bindings('alice').length === 0)
		await scene.shows('registered')
		expect(
			accepted(registrar)
				.map(({ user }) => user)
				.toSorted(),
		).toEqual(['alice', 'alice', 'alicia'])
	})

	it('of the transport never leaves two contacts, though both ways lead to one registrar', async () => {
		const registrar = await newRegistrar()
		const scene = await Scene.registered(registrar)
		await scene.change({ transport: 'tcp' })
		await scene.shows('registered')
		expect(registrar.bindings('alice')).toMatchObject([{ source: { transport: 'tcp' } }])
		expect(accepted(registrar).map(({ from, contacts }) => [from.transport, contacts[0]?.expiresSeconds])).toEqual([
			['udp', 600],
			['udp', 0],
			['tcp', 600],
		])
		expect(registrar.registers.items.every(({ status }) => status === 200 || status === 401)).toBe(true)
	})

	it('of NAT emulation replaces the contact by the private one, and back', async () => {
		const registrar = await newRegistrar()
		const scene = await Scene.registered(registrar)
		const host = () => /@([\d.]+):/.exec(registrar.bindings('alice')[0]?.contact ?? '')?.[1]
		await scene.change({ attributes: { natEmulation: true } })
		await scene.shows('registered')
		expect(host()).toMatch(/^192\.168\./)
		await scene.change({ attributes: { natEmulation: false } })
		await scene.shows('registered')
		expect(host()).toBe('127.0.0.1')
		expect(registrar.bindings('alice')).toHaveLength(1)
		expect(expiries(registrar)).toEqual([600, 0, 600, 0, 600])
	})

	it('of the refresh asks for the new expiry at once, in the same registration', async () => {
		const registrar = await newRegistrar()
		const scene = await Scene.registered(registrar)
		await scene.change({ attributes: { registrationRefreshSeconds: 1200 } })
		await until(() => accepted(registrar).length === 2)
		expect(expiries(registrar)).toEqual([600, 1200])
		expect(new Set(accepted(registrar).map(({ callId }) => callId)).size).toBe(1)
	})

	it('of push turned off removes the binding, and on again brings it back', async () => {
		const registrar = await newRegistrar()
		const scene = await Scene.registered(registrar)
		await scene.change({ attributes: { pushEnabled: false } })
		await until(() => registrar.bindings('alice').length === 0)
		await scene.shows('unregistered')
		await scene.change({ attributes: { pushEnabled: true } })
		await scene.shows('registered')
		expect(expiries(registrar)).toEqual([600, 0, 600])
	})

	it.each([1, 2] as const)('of the server moves the binding in mode %i too', async (registrationMode) => {
		const [old, next] = [await newRegistrar(), await newRegistrar()]
		const attributes = { ...DEFAULT_ATTRIBUTES, registrationMode }
		const scene = await Scene.registered(old, { attributes })
		await scene.change({ domain: addressOf(next) })
		await scene.shows('registered')
		await until(() => next.bindings('alice').length === 1 && old.bindings('alice').length === 0)
	})

	it('of AutoSend180 alone sends nothing', async () => {
		const registrar = await newRegistrar()
		const scene = await Scene.registered(registrar)
		await scene.change({ attributes: { autoSend180: true } })
		await scene.shows('registered')
		expect(expiries(registrar)).toEqual([600])
	})

	it('sends nothing to the old server in takeover mode, which never unregisters', async () => {
		const [old, next] = [await newRegistrar(), await newRegistrar()]
		const scene = await Scene.registered(old)
		await scene.change({ domain: addressOf(next), attributes: { registrationMode: 3 } })
		await until(() => next.bindings('alice').length === 1)
		await scene.change({ domain: addressOf(old) })
		await until(() => accepted(old).length >= 3)
		expect(expiries(next)).toEqual([600])
	})

	it('does not wait for an old server that is silent, and is not undone by what it gets late', async () => {
		const [old, next] = [await newRegistrar(), await newRegistrar()]
		const clock = new VirtualClock()
		const scene = await Scene.registered(old, {}, clock)
		old.reactTo('alice', { kind: 'drop' })
		await scene.change({ attributes: { outboundProxy: addressOf(next) } })
		await until(() => old.registers.items.some((register) => expiresOf(register) === 0))
		expect(next.registers.items).toHaveLength(0)
		await until(async () => {
			await clock.advance(100)
			return next.bindings('alice').length === 1
		})
		const late = old.registers.items.at(-1)?.cseq ?? 0
		expect(next.registers.items.every(({ cseq }) => cseq > late)).toBe(true)
		expect(next.registers.items[0]?.callId).toBe(old.registers.items[0]?.callId)
	})

	it('of many at once ends at the last', async () => {
		const registrars = [await newRegistrar(), await newRegistrar(), await newRegistrar()] as const
		const [first, second, third] = registrars
		const scene = await Scene.registered(first)
		void scene.change({ attributes: { outboundProxy: addressOf(second) } })
		void scene.change({ transport: 'tcp' })
		void scene.change({ attributes: { natEmulation: true } })
		await scene.change({ attributes: { outboundProxy: addressOf(third) } })
		await scene.shows('registered')
		await until(() => first.bindings('alice').length === 0 && second.bindings('alice').length === 0)
		expect(third.bindings('alice')).toMatchObject([{ source: { transport: 'tcp' } }])
	})
})
