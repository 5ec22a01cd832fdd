import type { Problem, ProblemError } from '@vigil/contracts'

/** The service was not reached, or not in time; the request may or may not have been carried out. */
export class NetworkError extends Error {
	constructor(message: string, cause?: unknown) {
		super(message, { cause })
		this.name = 'NetworkError'
	}
}

/** The service refused the request, with an RFC 9457 problem document. */
export class ApiError extends Error {
	readonly status: number
	/** Reference of the kind of problem: `/problems/<kind>`. */
	readonly type: string
	readonly title: string
	readonly detail: string | undefined
	/** The violated rules, where the request was at fault. */
	readonly errors: readonly ProblemError[]

	constructor(problem: Problem) {
		super(problem.detail === undefined ? problem.title : `${problem.title}: ${problem.detail}`)
		this.name = 'ApiError'
		this.status = problem.status
		this.type = problem.type
		this.title = problem.title
		this.detail = problem.detail
		this.errors = problem.errors ?? []
	}
}

/** Something answered, but not as this service's API does. */
export class UnexpectedResponseError extends Error {
	readonly status: number

	constructor(status: number, message: string, cause?: unknown) {
		super(message, { cause })
		this.name = 'UnexpectedResponseError'
		this.status = status
	}
}
