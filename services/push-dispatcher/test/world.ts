import type { PushJob, SignalPayload, SignalTopic } from '@vigil/contracts'
import {
	type AccountId,
	type CallEvent,
	type Device,
	type DeviceId,
	type PushApp,
	type PushAppId,
	type PushAppOutcome,
	type PushAttempt,
	type PushOutcome,
	type PushToken,
	type PushTokenId,
	type PushTokenKind,
	Secret,
	type TenantId,
} from '@vigil/domain'
import { createMetrics, silentLogger } from '@vigil/runtime'
import { VirtualClock } from '@vigil/testkit'
import type { PushDispatcherDeps } from '../src/deps.ts'

const TENANT = 't1' as TenantId
const DEVICE = 'd1' as DeviceId

type AttachedHandler = (payload: SignalPayload<'device.attached'>) => void
type DetachedHandler = (payload: SignalPayload<'device.detached'>) => void
type AppChangedHandler = (payload: SignalPayload<'pushapp.changed'>) => void

type PlannedOutcome = PushOutcome | Promise<PushOutcome>

/** The world around a dispatcher: stores, provider, queue and signals in memory, each of which a test may make fail. */
export class World {
	readonly clock = new VirtualClock()
	readonly outcomes: PushAppOutcome[] = []
	readonly metrics = createMetrics()
	readonly events: CallEvent[] = []
	readonly signals: { topic: SignalTopic; payload: unknown }[] = []
	readonly sent: { attempt: PushAttempt; app: PushApp; atMs: number; secret: string }[] = []
	/** What was written of tokens: a refusal with its reason, an acceptance without. */
	readonly noted: { id: string; reason?: string }[] = []
	readonly retired: { id: string; reason: string; notAfterMs: number }[] = []
	/** How providers answer, in order; `accepted` when there is no more. */
	readonly plannedOutcomes: PlannedOutcome[] = []
	/** How often the next operations of a store fail. */
	readonly failures = { find: 0, open: 0, append: 0, timeline: 0 }
	/** What is in memory of the device. */
	known: () => Device | undefined = () => undefined
	readonly opens: string[] = []
	tokens: PushToken[] = []
	apps: PushApp[] = [pushApp('app-apns', 'apns'), pushApp('app-fcm', 'fcm')]
	handler: (job: PushJob) => Promise<void> = () => Promise.reject(new Error('not consuming'))
	#onAttached: AttachedHandler | undefined
	#onDetached: DetachedHandler | undefined
	#onAppChanged: AppChangedHandler | undefined

	readonly deps: PushDispatcherDeps = {
		consume: (handler) => {
			this.handler = handler
			return { close: () => Promise.resolve() }
		},
		signals: {
			publish: async (topic, payload) => void this.signals.push({ topic, payload }),
			subscribe: async (topic, handler) => {
				if (topic === 'device.attached') this.#onAttached = handler as AttachedHandler
				else if (topic === 'device.detached') this.#onDetached = handler as DetachedHandler
				else this.#onAppChanged = handler as AppChangedHandler
				return () => {}
			},
		},
		devices: {
			find: async (tenantId, id) =>
				this.#unlessFailing('find', () => {
					const device = this.device()
					return id === DEVICE && device?.tenantId === tenantId ? device : undefined
				}),
			retirePushToken: async (_tenantId, id, reason, notAfterMs) => {
				this.retired.push({ id, reason, notAfterMs })
				return true
			},
			notePushAccepted: async (_tenantId, id) => void this.noted.push({ id }),
			notePushRefused: async (_tenantId, id, reason) => void this.noted.push({ id, reason }),
		},
		knownDevice: () => this.known(),
		pushApps: {
			noteOutcome: async (_app, outcome) => void this.outcomes.push(outcome),
			newest: async () => [],
			open: async (id) => {
				this.opens.push(id)
				const app = this.#unlessFailing('open', () => this.apps.find((one) => one.id === id))
				return app && { app, credential: { secret: new Secret(`secret of ${id} v${app.version}`) } }
			},
		},
		calls: {
			append: async (events) => this.#unlessFailing('append', () => void this.events.push(...events)),
			timeline: async (_tenantId, id) =>
				this.#unlessFailing('timeline', () => this.events.filter(({ callId }) => callId === id)),
		},
		sender: {
			send: async (app, credential, attempt) => {
				const entry = { attempt, app, atMs: this.clock.now(), secret: '' }
				this.sent.push(entry)
				entry.secret = (await credential()).secret.reveal()
				return this.plannedOutcomes.shift() ?? { kind: 'accepted', providerStatus: 200, providerId: 'p1' }
			},
			close: () => Promise.resolve(),
		},
		clock: this.clock,
		logger: silentLogger,
		metrics: this.metrics,
	}

	device(): Device {
		return {
			id: DEVICE,
			tenantId: TENANT,
			platform: 'ios',
			instanceId: 'urn:uuid:1',
			activity: 'background',
			activitySinceMs: this.clock.now(),
			registeredUpstream: false,
			pushTokens: this.tokens,
			lines: ['a1' as AccountId],
			createdAtMs: this.clock.now(),
		}
	}

	token(id: string, kind: PushTokenKind = 'voip'): PushToken {
		const token: PushToken = {
			id: id as PushTokenId,
			deviceId: DEVICE,
			pushAppId: (kind === 'fcm' ? 'app-fcm' : 'app-apns') as PushAppId,
			kind,
			token: `provider-token-${id}`,
			registeredAtMs: this.clock.now() - 60_000,
		}
		this.tokens.push(token)
		return token
	}

	job(pushId = 'push-1', more: Partial<Record<'intent' | 'deviceId', string>> & { inMs?: number } = {}): PushJob {
		const { inMs = 20_000, ...fields } = more
		return {
			intent: 'call',
			pushId,
			tenantId: TENANT,
			deviceId: DEVICE,
			enqueuedAtMs: this.clock.now(),
			deadlineMs: this.clock.now() + inMs,
			accountId: 'a1',
			callId: `call-of-${pushId}`,
			sipCallId: 'sip-call-1',
			from: { uri: 'sip:bob@example.com', displayName: 'Bob' },
			to: 'sip:alice@example.com',
			...fields,
		} as PushJob
	}

	/** The news that the device came to the edge at that instant. */
	attach(atMs = this.clock.now()): void {
		this.#onAttached?.({ deviceId: DEVICE, bindingId: 'b1', route: 'sip:edge', contact: 'sip:d1@x', atMs })
	}

	/** The news that the device has left the edge. */
	detach(): void {
		this.#onDetached?.({ deviceId: DEVICE, bindingId: 'b1' })
	}

	/** The news that the push app was changed. */
	changeApp(pushAppId: string): void {
		this.#onAppChanged?.({ pushAppId })
	}

	/** Lets everything happen that is due now. */
	settle(): Promise<void> {
		return this.clock.advance(0)
	}

	kinds(): string[] {
		return this.events.map(({ kind }) => kind)
	}

	#unlessFailing<Result>(what: keyof World['failures'], result: () => Result): Result {
		if (this.failures[what] === 0) return result()
		this.failures[what]--
		throw new Error(`${what} fails`)
	}
}

function pushApp(id: string, provider: 'apns' | 'fcm', version = 1): PushApp {
	const apns = { provider: 'apns', bundleId: 'com.example', teamId: 'T', keyId: 'K', environment: 'sandbox' } as const
	const settings = provider === 'apns' ? apns : { provider, projectId: 'p' }
	return { id: id as PushAppId, tenantId: TENANT, name: id, settings, version, createdAtMs: 0 }
}
