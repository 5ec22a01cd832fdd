import { createPrivateKey } from 'node:crypto'
import type { PushOutcome, Secret } from '@vigil/domain'
import { type Credential, cert, type GoogleOAuthAccessToken } from 'firebase-admin/app'
import { UnusablePushAppError } from '../app-sender.ts'
import { transportReason } from '../transport-error.ts'

/** Static tokens are for endpoints of one's own; the SDK wants to hear how long they last. */
const STATIC_TOKEN_SECONDS = 3600

/** The tenant's secret as the SDK wants it. Remembers why the last access token could not be had. */
export class FcmCredential implements Credential {
	/** What a push that failed for want of an access token comes to; undefined when a token was had. */
	failure: PushOutcome | undefined
	readonly #projectId: string
	readonly #content: Record<string, unknown>
	#source: Credential

	/** @throws UnusablePushAppError when the secret is neither a service account's key nor an access token. */
	constructor(secret: Secret, projectId: string) {
		this.#projectId = projectId
		this.#content = readContent(secret)
		this.#source = this.#newSource()
	}

	/** Forgets the access token at hand, which the other side does not take any more. */
	renew(): void {
		this.#source = this.#newSource()
	}

	async getAccessToken(): Promise<GoogleOAuthAccessToken> {
		try {
			const token = await this.#source.getAccessToken()
			this.failure = undefined
			return token
		} catch (error) {
			this.failure = failureOf(error)
			// The SDK puts the error's text into its own, so it must not quote anything.
			throw new Error(this.failure.reason)
		}
	}

	#newSource(): Credential {
		const { access_token, client_email, private_key } = this.#content
		if (typeof access_token === 'string' && access_token !== '') {
			return { getAccessToken: async () => ({ access_token, expires_in: STATIC_TOKEN_SECONDS }) }
		}
		if (typeof client_email !== 'string' || typeof private_key !== 'string' || !isPrivateKey(private_key)) {
			throw new UnusablePushAppError('the service account has no usable client_email and private_key')
		}
		// Only these three: other fields could name files to read and addresses to fetch.
		return cert({ projectId: this.#projectId, clientEmail: client_email, privateKey: private_key })
	}
}

function readContent(secret: Secret): Record<string, unknown> {
	try {
		const content: unknown = JSON.parse(secret.reveal())
		if (typeof content === 'object' && content !== null) return content as Record<string, unknown>
	} catch {
		// Falls through: the parser's message would quote the secret.
	}
	throw new UnusablePushAppError('the credential is no JSON object')
}

function isPrivateKey(pem: string): boolean {
	try {
		return createPrivateKey(pem).type === 'private'
	} catch {
		return false
	}
}

/** Google's token server either refuses the service account, which only the tenant can mend, or could not be reached. */
function failureOf(error: unknown): PushOutcome {
	const status = Number((error as { response?: { status?: unknown } }).response?.status)
	if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
		return { kind: 'misconfigured', providerStatus: status, reason: 'the token server refused the service account' }
	}
	return {
		kind: 'retry',
		reason: `no access token: ${Number.isNaN(status) ? transportReason(error) : `status ${status}`}`,
	}
}
