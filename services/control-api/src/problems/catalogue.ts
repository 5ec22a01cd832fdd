interface ProblemKind {
	readonly status: number
	readonly title: string
	readonly meaning: string
}

/** Every kind of problem that this API answers with; `/problems/<kind>` shows its meaning. */
export const PROBLEM_KINDS = {
	'malformed-request': {
		status: 400,
		title: 'The request cannot be read',
		meaning: 'The body is not valid JSON, or a header or the cursor of a list has a value that it cannot have.',
	},
	unauthorised: {
		status: 401,
		title: 'No valid credential',
		meaning: 'The bearer token or enrolment code is missing, unknown, expired, used up or revoked.',
	},
	'not-found': {
		status: 404,
		title: 'No such object',
		meaning: 'There is no such route, or no such object that the credential gives access to.',
	},
	conflict: {
		status: 409,
		title: 'Not possible in the present state',
		meaning: 'The request is valid, but the object is in a state that does not allow it. The detail says which.',
	},
	'too-large': {
		status: 413,
		title: 'The request is too large',
		meaning: 'The body is larger than this service accepts.',
	},
	'unsupported-media-type': {
		status: 415,
		title: 'The media type is not supported',
		meaning: 'Bodies are JSON: send Content-Type: application/json.',
	},
	invalid: {
		status: 422,
		title: 'The request breaks a rule',
		meaning: 'One or more fields break a rule; `errors` names each field and its rule.',
	},
	'too-many-requests': {
		status: 429,
		title: 'Too many requests',
		meaning: 'This source sends too many requests; Retry-After says when to go on.',
	},
	internal: {
		status: 500,
		title: 'The service failed',
		meaning: 'The fault is in the service. `instance` is the id of the request in its log.',
	},
	unavailable: {
		status: 503,
		title: 'The service cannot answer now',
		meaning: 'The service starts, stops, or lacks something that it needs. Try again later.',
	},
} as const satisfies Record<string, ProblemKind>

export type ProblemKindName = keyof typeof PROBLEM_KINDS
