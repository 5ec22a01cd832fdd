import { PROBLEM_MEDIA_TYPE, type Problem } from '@vigil/contracts'
import { DuplicateError, MissingCredentialError } from '@vigil/domain'
import type { Logger } from '@vigil/runtime'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PROBLEM_KINDS, type ProblemKindName } from './catalogue.ts'
import { conflict, RequestProblem } from './problem-error.ts'

/** Answers every error, and every unknown route, with a problem document. What failed inside is logged, not told. */
export function installErrorHandler(app: FastifyInstance, logger: Logger): void {
	app.setErrorHandler((error: FastifyError, request, reply) => {
		const problem = toProblem(error)
		if (PROBLEM_KINDS[problem.kind].status >= 500) {
			logger.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'request failed')
		}
		return sendProblem(reply, request, problem)
	})
	app.setNotFoundHandler((request, reply) =>
		sendProblem(reply, request, new RequestProblem('not-found', { detail: 'There is no such route.' })),
	)
}

/** Sends the problem document of one request. */
function sendProblem(reply: FastifyReply, request: FastifyRequest, problem: RequestProblem): FastifyReply {
	const { status, title } = PROBLEM_KINDS[problem.kind]
	const document: Problem = {
		type: `/problems/${problem.kind}`,
		title,
		status,
		...(problem.detail === undefined ? {} : { detail: problem.detail }),
		instance: `urn:uuid:${request.id}`,
		...(problem.errors.length === 0 ? {} : { errors: [...problem.errors] }),
	}
	return reply.code(status).headers(problem.headers).type(PROBLEM_MEDIA_TYPE).serializer(JSON.stringify).send(document)
}

/** Errors of the adapters behind the ports, by name: this service does not know which adapters it runs on. */
const ADAPTER_ERRORS: Readonly<Record<string, () => RequestProblem>> = {
	InvalidCursorError: () =>
		new RequestProblem('malformed-request', {
			detail: 'cursor is not one that this list gave out',
			errors: [{ field: 'cursor', rule: 'format', message: 'is not one that this list gave out' }],
		}),
	MissingReferenceError: () => conflict('Something that the request refers to was removed meanwhile.'),
	DatabaseUnavailableError: () => away('The database does not answer.'),
	QueueUnavailableError: () => away('The queue does not answer.'),
}

/** Stores come back in seconds, or in hours: whoever asks again in between costs little. */
const RETRY_AFTER_SECONDS = 5

function away(detail: string): RequestProblem {
	return new RequestProblem('unavailable', { detail, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } })
}

function toProblem(error: FastifyError | Error): RequestProblem {
	if (error instanceof RequestProblem) return error
	if (error instanceof DuplicateError) {
		const message = `is in use already: ${error.message}`
		return new RequestProblem('conflict', {
			detail: `${error.field} ${message}`,
			errors: [{ field: error.field, rule: 'unique', message }],
		})
	}
	if (error instanceof MissingCredentialError) return missingCredential()
	const known = ADAPTER_ERRORS[error.name]
	if (known !== undefined) return known()
	const status = 'statusCode' in error ? error.statusCode : undefined
	const kind = status === undefined ? undefined : kindOfStatus(status)
	return kind === undefined ? new RequestProblem('internal') : new RequestProblem(kind, { detail: error.message })
}

function missingCredential(): RequestProblem {
	const message = 'or ha1 must be given in the request that turns push on (PATCH /v1/accounts/{id})'
	return new RequestProblem('conflict', {
		detail: `Push is off, and the credential was deleted with it: password ${message}.`,
		errors: [{ field: 'password', rule: 'required', message }],
	})
}

/** Fastify's own refusals (body too large, not JSON, ...) carry their status; theirs are safe to show. */
function kindOfStatus(status: number): ProblemKindName | undefined {
	if (status === 413) return 'too-large'
	if (status === 415) return 'unsupported-media-type'
	if (status === 404) return 'not-found'
	if (status === 503) return 'unavailable'
	return status >= 400 && status < 500 ? 'malformed-request' : undefined
}
