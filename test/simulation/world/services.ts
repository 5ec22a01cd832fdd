import type { SignalTopic } from '@vigil/contracts'
import type { AccountId, AccountStore, TenantId } from '@vigil/domain'
import { type PushDispatcher, startPushDispatcher } from '@vigil/push-dispatcher'
import { createMemoryQueueBackend, type MemoryHub, type QueueBackend } from '@vigil/queue'
import { type RegistrationWorker, startRegistrationWorker, type WorkerSignals } from '@vigil/registration-worker'
import { createMetrics, Egress, type Logger } from '@vigil/runtime'
import { type SipEdge, startSipEdge } from '@vigil/sip-edge'
import type { Network } from '@vigil/sip-transport'
import type { SimulatedHost } from '@vigil/testkit'
import type { MemoryStores } from '../../stores/memory/memory-stores.ts'
import type { Defect } from './defect.ts'
import type { SimulatedProcess } from './process.ts'
import type { PushProvider } from './push-provider.ts'
import { remoteStore } from './remote-store.ts'
import { seededText } from './seeded-source.ts'

/** Every address of a world is of this network. */
const NETWORK = '10.0.0.0/8'
/** Devices know the edges by it. */
const REALM = 'vigil'
/** Shorter than the product's, so that a world comes to rest sooner. */
export const WAKE_WITHIN_MS = 25_000
const RING_WITHIN_MS = 40_000

/** What the services of a world have in common. */
export interface Shared {
	readonly stores: MemoryStores
	readonly hub: MemoryHub
	readonly logger: Logger
	readonly defect: Defect | undefined
}

/** Starts the registration worker of a tenant in a process. */
export async function startWorker(
	process: SimulatedProcess,
	{ stores, hub, logger, defect }: Shared,
	tenantId: TenantId,
): Promise<RegistrationWorker> {
	const queue = createMemoryQueueBackend({ hub, logger })
	const pushes = queue.producer('push')
	const { clock, random, transport } = process
	const far = <Store extends object>(store: Store) => remoteStore(store, process)
	return startRegistrationWorker(
		{
			accounts: far(accountsOf(stores.accounts, tenantId)),
			devices: far(stores.devices),
			bindings: far(stores.bindings),
			foregroundLeases: far(stores.foregroundLeases),
			calls: far(stores.calls),
			tenantSettings: far(stores.tenantSettings),
			signals: signalsOf(queue, process, defect === 'attach-unheard' ? 'device.attached' : undefined),
			enqueuePush: async (job) => {
				await pushes.enqueue(job, { id: job.pushId })
				if (defect === 'pushed-twice') await pushes.enqueue({ ...job, pushId: `${job.pushId}-again` })
			},
			fencingToken: await stores.fencingTokens.next(),
			egress: new Egress(NETWORK, logger),
			clock,
			logger,
			random: { token: (bytes) => seededText(random, bytes) },
			transport:
				defect === 'answers-withheld' ? { ...transport, network: withholdingAnswers(process.host) } : transport,
		},
		{
			upstreamHost: process.address,
			upstreamAdvertisedHost: process.address,
			upstreamPort: 5080,
			internalHost: process.address,
			internalPort: 5090,
			identitySecret: 'a secret of nobody',
			wakeWithinMs: WAKE_WITHIN_MS,
			ringWithinMs: RING_WITHIN_MS,
			sweepEveryMs: 30_000,
		},
	)
}

/** Starts an edge in a process. */
export function startEdge(
	process: SimulatedProcess,
	{ stores, hub, logger }: Shared,
	callWorker: () => string | undefined,
): Promise<SipEdge> {
	const { clock, random, transport, address } = process
	const far = <Store extends object>(store: Store) => remoteStore(store, process)
	return startSipEdge(
		{
			devices: far(stores.devices),
			bindings: far(stores.bindings),
			foregroundLeases: far(stores.foregroundLeases),
			contacts: far(stores.credentials),
			signals: signalsOf(createMemoryQueueBackend({ hub, logger }), process),
			egress: new Egress(NETWORK, logger),
			clock,
			logger,
			randomId: () => random.id(32),
			secretKey: Buffer.alloc(32, 7),
			callWorker,
			transport,
		},
		{
			realm: REALM,
			domain: REALM,
			publicListeners: (['tcp', 'udp'] as const).map((one) => ({ transport: one, host: address, port: 5062 })),
			internalListener: { host: address, port: 5063, transports: ['tcp'] },
		},
	)
}

/** Starts the push dispatcher in a process. */
export function startDispatcher(
	process: SimulatedProcess,
	{ stores, hub, logger }: Shared,
	sender: PushProvider,
): Promise<PushDispatcher> {
	const queue = createMemoryQueueBackend({ hub, logger })
	return startPushDispatcher({
		consume: (handler) => {
			const consumer = queue.consumer('push', handler, { concurrency: 64 })
			return { close: () => consumer.close() }
		},
		signals: signalsOf(queue, process),
		devices: remoteStore(stores.devices, process),
		pushApps: remoteStore(stores.pushApps, process),
		calls: remoteStore(stores.calls, process),
		sender,
		clock: process.clock,
		logger,
		metrics: createMetrics(),
	})
}

/** Until a worker owns a part of the accounts, each has a tenant of its own: of the others it sees nothing. */
function accountsOf(accounts: AccountStore, tenantId: TenantId): AccountStore {
	const isOwn = async (id: AccountId) => (await accounts.find(tenantId, id)) !== undefined
	const own = async <Row extends { readonly id: AccountId }>(rows: readonly Row[]) => {
		const mine = await Promise.all(rows.map(({ id }) => isOwn(id)))
		return rows.filter((_row, at) => mine[at])
	}
	return {
		...accounts,
		load: async (id) => ((await isOwn(id)) ? accounts.load(id) : undefined),
		versions: async (after, limit) => own((await accounts.versions?.(after, limit)) ?? []),
		async *stream(batchSize) {
			for await (const batch of accounts.stream(batchSize)) yield own(batch)
		},
	}
}

/** Signals that a process hears while it lives. */
function signalsOf({ signals }: QueueBackend, process: SimulatedProcess, unheard?: SignalTopic) {
	const subscribe: WorkerSignals['subscribe'] = (topic, handler) =>
		signals.subscribe(topic, (payload) => {
			if (!process.ended && topic !== unheard) handler(payload)
		})
	return { publish: signals.publish, subscribe } as typeof signals
}

/** A network that takes the final responses to INVITEs and does not carry them. */
function withholdingAnswers(host: SimulatedHost): Network {
	const isWithheld = (bytes: Uint8Array) => {
		const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
		return /^SIP\/2\.0 [2-6]/.test(text) && /\r\nCSeq: \d+ INVITE\r\n/i.test(text)
	}
	return {
		connect: (target) => host.connect(target),
		createServer: (accept) => host.createServer(accept),
		bind: async (address) => {
			const socket = await host.bind(address)
			return {
				...socket,
				send: (bytes, port, to, done) => void (isWithheld(bytes) || socket.send(bytes, port, to, done)),
			}
		},
	}
}
