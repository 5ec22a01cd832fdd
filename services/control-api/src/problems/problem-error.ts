import type { ProblemError } from '@vigil/contracts'
import type { ProblemKindName } from './catalogue.ts'

interface ProblemDetails {
	readonly detail?: string
	readonly errors?: readonly ProblemError[]
	/** Response headers that go with it, such as Retry-After. */
	readonly headers?: Readonly<Record<string, string>>
}

/** Thrown by handlers and hooks; the error handler answers it as a problem document. */
export class RequestProblem extends Error {
	readonly kind: ProblemKindName
	readonly detail: string | undefined
	readonly errors: readonly ProblemError[]
	readonly headers: Readonly<Record<string, string>>

	constructor(kind: ProblemKindName, details: ProblemDetails = {}) {
		super(details.detail ?? kind)
		this.name = 'RequestProblem'
		this.kind = kind
		this.detail = details.detail
		this.errors = details.errors ?? []
		this.headers = details.headers ?? {}
	}
}

/** The object does not exist, or belongs to somebody else: the answer does not tell which. */
export function notFound(what: string): RequestProblem {
	return new RequestProblem('not-found', { detail: `There is no such ${what}.` })
}

/** The state of things does not allow it. */
export function conflict(detail: string): RequestProblem {
	return new RequestProblem('conflict', { detail })
}

/** One field breaks one rule. */
export function invalidField(field: string, rule: string, message: string): RequestProblem {
	return new RequestProblem('invalid', { detail: `${field} ${message}`, errors: [{ field, rule, message }] })
}

/** The object, or a 404 problem when there is none. */
export function orNotFound<Found>(found: Found | undefined, what: string): Found {
	if (found === undefined) throw notFound(what)
	return found
}
