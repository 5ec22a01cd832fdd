import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type ApnsServer, startApnsServer } from '@vigil/testkit'

/** The name of the push app that the demo tenant has. */
export const DEMO_PUSH_APP = 'demo-phone'

/** An APNs on loopback with a signing key of its own, which hands each push to the phone that it is for. */
export class DemoPushProvider {
	readonly server: ApnsServer
	readonly #privateKey: string
	readonly #phones = new Map<string, (payload: unknown) => void>()

	private constructor(server: ApnsServer, privateKey: string) {
		this.server = server
		this.#privateKey = privateKey
		server.onAccepted = ({ token, payload }) => this.#phones.get(token)?.(payload)
	}

	static async start(): Promise<DemoPushProvider> {
		const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
		const server = await startApnsServer({ publicKey })
		return new DemoPushProvider(server, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
	}

	/** What the tenant tells the control API of its push app. */
	get pushApp(): Record<string, string> {
		return {
			provider: 'apns',
			bundleId: 'com.example.demophone',
			teamId: 'DEMOTEAM01',
			keyId: 'DEMOKEY001',
			environment: 'production',
			endpoint: this.server.endpoint,
			endpointCa: this.server.ca,
			privateKey: this.#privateKey,
		}
	}

	/** A new token; pushes for it are handed over as the operating system would, accepted ones only. */
	newToken(onPush: (payload: unknown) => void): string {
		const token = randomBytes(32).toString('hex')
		this.#phones.set(token, onPush)
		return token
	}

	close(): Promise<void> {
		return this.server.close()
	}
}
