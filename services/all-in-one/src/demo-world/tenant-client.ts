import type {
	AccountRegistration,
	AccountView,
	CallView,
	CallWithTimeline,
	CreateAccountRequest,
	CreatedApiKey,
	DeviceView,
	EnrolmentView,
	TenantView,
} from '@vigil/contracts'
import { realClock } from '@vigil/runtime'

/** How long a request is repeated that a busy service asks to come again, milliseconds. */
const KEEP_TRYING_MS = 30_000

/** The control API refused or could not be reached; the message names what was asked and why it failed. */
export class ControlApiError extends Error {
	readonly status: number

	constructor(status: number, message: string) {
		super(message)
		this.name = 'ControlApiError'
		this.status = status
	}
}

/** The control API as a provisioning system sees it: one bearer token, JSON in and out. */
export class TenantClient {
	readonly #url: string
	readonly #token: string

	constructor(url: string, token: string) {
		this.#url = url
		this.#token = token
	}

	createTenant(name: string): Promise<TenantView> {
		return this.request('POST', '/v1/tenants', { name })
	}

	createApiKey(tenantId: string, name: string): Promise<CreatedApiKey> {
		return this.request('POST', `/v1/tenants/${tenantId}/api-keys`, { name })
	}

	createAccount(account: CreateAccountRequest): Promise<AccountView> {
		return this.request('POST', '/v1/accounts', account)
	}

	createEnrolment(accountId: string): Promise<EnrolmentView> {
		return this.request('POST', `/v1/accounts/${accountId}/enrolments`, {})
	}

	registration(accountId: string): Promise<AccountRegistration> {
		return this.request('GET', `/v1/accounts/${accountId}/registration`)
	}

	async calls(accountId: string): Promise<CallView[]> {
		const page = await this.request<{ items: CallView[] }>('GET', `/v1/calls?accountId=${accountId}`)
		return page.items
	}

	call(id: string): Promise<CallWithTimeline> {
		return this.request('GET', `/v1/calls/${id}`)
	}

	device(id: string): Promise<DeviceView> {
		return this.request('GET', `/v1/devices/${id}`)
	}

	/**
	 * Any other route. Comes again where it is told to (429 and 503 with Retry-After), for half a minute. Throws ControlApiError for
	 * any other response than 2xx.
	 */
	async request<Body>(method: string, path: string, body?: unknown): Promise<Body> {
		const giveUpAtMs = realClock.now() + KEEP_TRYING_MS
		for (;;) {
			const response = await this.#send(method, path, body)
			const pauseMs = pauseOf(response)
			if (pauseMs === undefined || realClock.now() + pauseMs > giveUpAtMs)
				return contentOf(response, `${method} ${path}`)
			await response.body?.cancel()
			await new Promise<void>((resolve) => realClock.setTimer(pauseMs, resolve))
		}
	}

	#send(method: string, path: string, body: unknown): Promise<Response> {
		return fetch(`${this.#url}${path}`, {
			method,
			headers: {
				authorization: `Bearer ${this.#token}`,
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		})
	}
}

/** Milliseconds after which a request may come again; undefined where its response is final. */
function pauseOf({ status, headers }: Response): number | undefined {
	const seconds = headers.get('retry-after')
	return (status === 429 || status === 503) && seconds !== null ? Number(seconds) * 1000 : undefined
}

async function contentOf<Body>(response: Response, request: string): Promise<Body> {
	const text = await response.text()
	if (!response.ok)
		throw new ControlApiError(response.status, `${request} answered ${response.status}: ${text.slice(0, 500)}`)
	return (text === '' ? undefined : JSON.parse(text)) as Body
}
