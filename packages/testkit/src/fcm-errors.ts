/** FCM's own error codes and how the HTTP v1 interface words them. */
export type FcmErrorCode =
	| 'UNREGISTERED'
	| 'INVALID_ARGUMENT'
	| 'SENDER_ID_MISMATCH'
	| 'QUOTA_EXCEEDED'
	| 'UNAVAILABLE'
	| 'INTERNAL'
	| 'THIRD_PARTY_AUTH_ERROR'

export interface FcmErrorResponse {
	readonly httpStatus: number
	readonly body: object
}

const FCM_ERROR_TYPE = 'type.googleapis.com/google.firebase.fcm.v1.FcmError'
const BAD_REQUEST_TYPE = 'type.googleapis.com/google.rpc.BadRequest'

/** HTTP status, canonical status and message of each code. */
const ERRORS: Readonly<Record<FcmErrorCode, readonly [number, string, string]>> = {
	UNREGISTERED: [404, 'NOT_FOUND', 'Requested entity was not found.'],
	INVALID_ARGUMENT: [400, 'INVALID_ARGUMENT', 'The registration token is not a valid FCM registration token'],
	SENDER_ID_MISMATCH: [403, 'PERMISSION_DENIED', 'SenderId mismatch'],
	QUOTA_EXCEEDED: [429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'],
	UNAVAILABLE: [503, 'UNAVAILABLE', 'The service is currently unavailable.'],
	INTERNAL: [500, 'INTERNAL', 'Internal error encountered.'],
	THIRD_PARTY_AUTH_ERROR: [401, 'UNAUTHENTICATED', 'Auth error from APNS or Web Push Service'],
}

/** The answer to a message that FCM itself refuses. */
export function fcmError(code: FcmErrorCode): FcmErrorResponse {
	const [httpStatus, status, message] = ERRORS[code]
	return errorResponse(httpStatus, status, message, [{ '@type': FCM_ERROR_TYPE, errorCode: code }])
}

/** The answer to a request that breaks the interface's own rules; it names the field and carries no FCM code. */
export function badFieldError(field: string, description: string): FcmErrorResponse {
	return errorResponse(400, 'INVALID_ARGUMENT', `Invalid value at '${field}': ${description}`, [
		{ '@type': BAD_REQUEST_TYPE, fieldViolations: [{ field, description }] },
	])
}

/** The answer to a missing or outdated access token; it comes from Google's front end and carries no FCM code. */
export function unauthenticatedError(): FcmErrorResponse {
	const message =
		'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.'
	return errorResponse(401, 'UNAUTHENTICATED', message)
}

export function notFoundError(path: string): FcmErrorResponse {
	return errorResponse(404, 'NOT_FOUND', `The requested URL ${path} was not found on this server.`)
}

function errorResponse(httpStatus: number, status: string, message: string, details?: object[]): FcmErrorResponse {
	return { httpStatus, body: { error: { code: httpStatus, message, status, ...(details && { details }) } } }
}
