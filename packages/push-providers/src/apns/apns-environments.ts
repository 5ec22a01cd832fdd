import type { LookupFunction } from 'node:net'
import type { ApnsSettings } from '@vigil/domain'
import { type Egress, guardedLookup } from '@vigil/runtime'
import { type Endpoint, parseEndpoint } from '../endpoint.ts'
import { ApnsClient } from './apns-client.ts'

/** A push sent on a connection that is about to close hangs until this is over; the repetition takes a new connection. */
const REQUEST_TIMEOUT_MS = 1500

type EnvironmentName = ApnsSettings['environment']

const HOSTS: Readonly<Record<EnvironmentName, Endpoint>> = {
	production: { host: 'api.push.apple.com', port: 443 },
	sandbox: { host: 'api.sandbox.push.apple.com', port: 443 },
}

export interface ApnsSenderOptions {
	readonly requestTimeoutMs?: number
	/** Where the environments are; Apple's by default. */
	readonly hosts?: Readonly<Record<EnvironmentName, Endpoint>>
	/** Asked for the addresses of an endpoint that the app names. */
	readonly egress?: Egress
}

/** One environment of APNs, connected when it is needed first. */
export interface ApnsEnvironment {
	/** For people. */
	readonly name: string
	readonly client: () => ApnsClient
}

/** The environment of the push app, and the one that its tokens may belong to by mistake. */
export class ApnsEnvironments {
	readonly own: ApnsEnvironment
	readonly other: ApnsEnvironment | undefined
	readonly #open: ApnsClient[] = []

	constructor(settings: ApnsSettings, signingKey: string, options: ApnsSenderOptions) {
		const { environment, endpoint } = settings
		const hosts = options.hosts ?? HOSTS
		const connect = (at: Endpoint, lookup?: LookupFunction) =>
			this.#connect(settings, signingKey, { ...at, ...(lookup && { lookup }) }, options)
		const second: EnvironmentName = environment === 'production' ? 'sandbox' : 'production'
		if (endpoint !== undefined) {
			const at = parseEndpoint(endpoint)
			const lookup = options.egress && guardedLookup(options.egress, at.port, 'push-app')
			this.own = { name: endpoint, client: connect(at, lookup) }
			return
		}
		this.own = { name: environment, client: connect(hosts[environment]) }
		this.other = { name: second, client: connect(hosts[second]) }
	}

	async close(): Promise<void> {
		await Promise.all(this.#open.map((client) => client.close()))
	}

	#connect(
		settings: ApnsSettings,
		signingKey: string,
		at: Endpoint & { readonly lookup?: LookupFunction },
		options: ApnsSenderOptions,
	): () => ApnsClient {
		const { keyId, teamId, endpointCa } = settings
		let client: ApnsClient | undefined
		return () => {
			if (client) return client
			client = new ApnsClient({
				signingKey,
				keyId,
				teamId,
				...at,
				...(endpointCa !== undefined && { ca: endpointCa }),
				requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
			})
			this.#open.push(client)
			return client
		}
	}
}
