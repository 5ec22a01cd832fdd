import { DEVICE_STATUS_HEADER } from '@vigil/contracts'
import { removeTopVia, type SipRequest, type SipResponse } from '@vigil/sip'

/** Says who somebody is; only worth something from those we trust (RFC 3325 5). */
const ASSERTED_IDENTITY = 'P-Asserted-Identity'
const TRUSTED_FIELDS = [ASSERTED_IDENTITY, DEVICE_STATUS_HEADER]

/**
 * Records both sides of the edge (RFC 5658 6.2): the route of the side that the request leaves to stands on top. Each end
 * of the dialog then sees its own side first.
 */
export function withRecordRoutes(request: SipRequest, arrivalRoute: string, departureRoute: string): SipRequest {
	const headers = request.headers.clone()
	headers.prepend('Record-Route', `<${arrivalRoute}>`)
	headers.prepend('Record-Route', `<${departureRoute}>`)
	return { ...request, headers }
}

/** Sends it to another Request-URI: the edge knows the device's Contact better than who calls it (RFC 3261 16.5). */
export function retarget(request: SipRequest, uri: string): SipRequest {
	return { ...request, uri }
}

/** What a device says is passed on without what only a trusted element may say. */
export function withoutTrustedFields<Message extends SipRequest | SipResponse>(message: Message): Message {
	const present = TRUSTED_FIELDS.filter((name) => message.headers.has(name))
	if (present.length === 0) return message
	const headers = message.headers.clone()
	for (const name of present) headers.remove(name)
	return { ...message, headers }
}

/** A refusal with our word for it that the device itself gave it. */
export function withDeviceStatus(response: SipResponse): SipResponse {
	return { ...response, headers: response.headers.clone().set(DEVICE_STATUS_HEADER, String(response.status)) }
}

/** The request with our word for who sent it, in place of any other (RFC 3325 5). */
export function withAssertedIdentity(request: SipRequest, addressOfRecord: string): SipRequest {
	return { ...request, headers: request.headers.clone().set(ASSERTED_IDENTITY, `<${addressOfRecord}>`) }
}

/**
 * The response as it goes back (RFC 3261 16.7 step 3): without our Via. Undefined when none is left, as then it is not for
 * anybody behind us.
 */
export function returned(response: SipResponse): SipResponse | undefined {
	const headers = response.headers.clone()
	removeTopVia(headers)
	return headers.has('Via') ? { ...response, headers } : undefined
}
