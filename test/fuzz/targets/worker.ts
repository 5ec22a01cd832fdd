import type { RegistrationWorker } from '@vigil/registration-worker'
import type { Flow } from '@vigil/sip-transport'
import { VirtualClock } from '@vigil/testkit'
import { accountOf, sleepingDevice, startLoneWorker } from '../../world/lone-worker.ts'
import { MemoryPorts } from '../../world/memory-ports.ts'
import { type FuzzInput, pieces } from '../inputs/input-source.ts'
import { fill } from '../inputs/messages.ts'
import { Phone } from '../scenes/phone.ts'
import { freshRequest, uniqueText } from '../scenes/sip-party.ts'
import { type OutgoingCall, SipServer, type Values } from '../scenes/sip-server.ts'
import { StrictLogger } from '../scenes/strict-logger.ts'
import { StreamClient } from './stream-client.ts'
import { type FuzzRun, type FuzzTarget, must } from './target.ts'

const LOOPBACK = '127.0.0.1'
/** Enough for every transaction, every held call and every repeated answer to run out. */
const REST_MS = 300_000
const REST_STEP_MS = 4000

/** A whole registration worker: registered over UDP and TCP, with a call that waits for its phone and one that talks. */
export const worker: FuzzTarget = {
	name: 'worker',
	batch: 25,
	async start() {
		const run = new WorkerRun()
		await run.open()
		return run
	},
}

class WorkerRun implements FuzzRun {
	readonly #clock = new VirtualClock()
	readonly #ports = new MemoryPorts()
	readonly #logger = new StrictLogger()
	readonly #server = new SipServer(this.#clock)
	readonly #phone = new Phone(this.#clock, () => `sip:awake@${LOOPBACK}:${this.#edgePort}`)
	#worker: RegistrationWorker | undefined
	#edgePort = 0
	#stream: StreamClient | undefined
	#internal: StreamClient | undefined
	#udp: Flow | undefined
	#waiting: OutgoingCall | undefined
	#talking: OutgoingCall | undefined

	async open(): Promise<void> {
		await this.#server.open()
		const edge = await this.#phone.manager.listen({ transport: 'tcp', host: LOOPBACK, port: 0 })
		this.#edgePort = edge.port
		const domain = `${LOOPBACK}:${this.#server.port}`
		for (const [name, transport] of [['held', 'udp'] as const, ['wired', 'tcp'] as const]) {
			const account = accountOf(name, domain, { transport })
			const device = sleepingDevice(name, [account.id])
			this.#ports.accountsById.set(account.id, account)
			this.#ports.devicesById.set(device.id, device)
		}
		this.#worker = await startLoneWorker(this.#ports, this.#clock, this.#logger)
		this.#stream = new StreamClient(this.#worker.upstreamPort)
		this.#internal = new StreamClient(Number(this.#worker.internalHostPort.split(':').at(-1)))
		await this.#attachPhone()
		await this.settle()
	}

	async feed(input: FuzzInput): Promise<void> {
		const way = input.way % 9
		if (way <= 2) this.#fromServer(input, way === 2 ? this.#waiting?.values : this.#talking?.values)
		else if (way === 3) {
			const bytes = fill(input.bytes, this.#requestValues(this.#talking?.values))
			await this.#stream?.send(pieces({ bytes, cuts: input.cuts }))
		} else if (way === 4) {
			const bytes = fill(input.bytes, this.#phone.lastCall?.request ?? {})
			await this.#internal?.send(pieces({ bytes, cuts: input.cuts }))
		} else if (way <= 6) this.#fromRegistrar(input)
		else this.#fromPhone(input, way === 7)
		// Lets the sockets be read, so that nothing piles up in them.
		await new Promise((resolve) => setImmediate(resolve))
	}

	async settle(): Promise<void> {
		this.#server.respondToRegisters()
		await this.#forgiveRejections()
		if (this.#phone.lastCall?.flow.closed) this.#talking?.end()
		this.#waiting = await this.#callAgain(this.#waiting, 'held')
		this.#talking = await this.#callAgain(this.#talking, 'wired')
		await this.#isAlive()
		await this.#clock.advance(500)
		this.#isUnhurt()
	}

	async rest(): Promise<Readonly<Record<string, number>>> {
		this.#stream?.reset()
		this.#internal?.reset()
		this.#waiting?.end()
		this.#talking?.end()
		this.#waiting = undefined
		this.#talking = undefined
		for (let passed = 0; passed < REST_MS; passed += REST_STEP_MS) {
			this.#phone.hangUpAll()
			this.#server.respondToRegisters()
			await this.#clock.advance(REST_STEP_MS)
			await this.#isAlive()
		}
		this.#isUnhurt()
		this.#ports.pushes.length = 0
		const { calls = 0, upstreamSip } = this.#snapshot()
		return {
			calls,
			clientTransactions: upstreamSip.clientTransactions ?? 0,
			serverTransactions: upstreamSip.serverTransactions ?? 0,
			timers: this.#clock.pendingTimers,
			sockets: process.getActiveResourcesInfo().filter((kind) => /TCP|UDP/.test(kind)).length,
		}
	}

	async close(): Promise<void> {
		this.#stream?.reset()
		this.#internal?.reset()
		await this.#worker?.close()
		await Promise.all([this.#server.close(), this.#phone.close()])
	}

	/** The worker's edge side is reached by a binding that leads to our phone. */
	async #attachPhone(): Promise<void> {
		await this.#ports.signals.publish('device.attached', {
			deviceId: 'device-wired',
			bindingId: 'binding-1',
			route: `sip:${LOOPBACK}:${this.#edgePort};transport=tcp;lr`,
			contact: `sip:awake@${LOOPBACK}:${this.#edgePort}`,
			atMs: this.#clock.now(),
		})
	}

	/** An account that was refused for good is tried again when it changes. */
	async #forgiveRejections(): Promise<void> {
		for (const [id, { state }] of this.#ports.statuses) {
			const account = this.#ports.accountsById.get(id)
			if (state !== 'rejected' || !account) continue
			const { version, credentialVersion } = account
			this.#ports.accountsById.set(id, { ...account, version: version + 1, credentialVersion: credentialVersion + 1 })
			await this.#ports.signals.publish('account.changed', { accountId: id })
		}
	}

	#fromServer(input: FuzzInput, values: Values | undefined): void {
		this.#udp?.send(fill(input.bytes, this.#requestValues(values)))
	}

	#requestValues(values: Values | undefined): Values {
		const fresh = { BRANCH: uniqueText(), CALL: uniqueText(), FROM: 'f', TO: 't', CSEQ: '2' }
		return { TOKEN: 'held', PORT: String(this.#server.port), DEVICE: 'wired', ...fresh, ...values }
	}

	#fromRegistrar(input: FuzzInput): void {
		const last = this.#server.lastRegister
		const values = { TOKEN: 'held', PORT: String(this.#server.port), ...last?.values }
		;(last?.flow ?? this.#udp)?.send(fill(input.bytes, values))
	}

	#fromPhone(input: FuzzInput, asResponse: boolean): void {
		const call = this.#phone.lastCall
		if (!call || call.flow.closed) return
		const values = asResponse ? call.response : call.request
		const bytes = fill(input.bytes, { TOKEN: values.TO ?? '', PORT: String(this.#edgePort), ...values })
		this.#phone.note(bytes)
		call.flow.send(bytes)
	}

	async #callAgain(call: OutgoingCall | undefined, user: string): Promise<OutgoingCall> {
		if (call && !call.over) return call
		return this.#server.call(`sip:${user}@${LOOPBACK}`, await this.#serverFlow())
	}

	async #serverFlow(): Promise<Flow> {
		const port = this.#worker?.upstreamPort ?? 0
		this.#udp = await this.#server.manager.connect({ transport: 'udp', host: LOOPBACK, port })
		return this.#udp
	}

	/** Honest questions over both transports are answered. */
	async #isAlive(): Promise<void> {
		const port = this.#worker?.upstreamPort ?? 0
		const tcp = await this.#server.manager.connect({ transport: 'tcp', host: LOOPBACK, port })
		for (const flow of [await this.#serverFlow(), tcp]) {
			await this.#server.mustRespond(freshRequest('OPTIONS', `sip:held@${LOOPBACK}`), flow, 200)
		}
	}

	#isUnhurt(): void {
		const [error] = this.#logger.errors
		must(error === undefined, `logged as an error: ${error}`)
		const { handlerErrors = 0 } = this.#snapshot().upstreamSip
		must(handlerErrors === 0, 'a transaction user has thrown')
	}

	#snapshot() {
		const snapshot = this.#worker?.snapshot()
		if (!snapshot) throw new TypeError('not open')
		return snapshot
	}
}
