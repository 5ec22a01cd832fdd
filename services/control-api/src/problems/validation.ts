import type { ProblemError } from '@vigil/contracts'
import type { z } from 'zod'
import { RequestProblem } from './problem-error.ts'

type Issue = z.core.$ZodIssue

/** All violated rules of a request part, each with the path of its field. */
function errorsOf(issues: readonly Issue[]): ProblemError[] {
	return issues.flatMap((issue) => errorsOfIssue(issue))
}

/** The problem for a body, query or path that its schema refuses. A path that cannot exist is a 404. */
export function validationProblem(part: string, issues: readonly Issue[]): RequestProblem {
	if (part === 'params') return new RequestProblem('not-found', { detail: 'There is no such object.' })
	const errors = errorsOf(issues)
	const detail = errors.map(({ field, message }) => (field === '' ? message : `${field} ${message}`)).join('; ')
	return new RequestProblem('invalid', { detail, errors })
}

function errorsOfIssue(issue: Issue): ProblemError[] {
	if (issue.code === 'unrecognized_keys') {
		return issue.keys.map((key) => ({
			field: pathText([...issue.path, key]),
			rule: 'unknown',
			message: 'is not a known field',
		}))
	}
	return [{ field: pathText(issue.path), ...ruleOf(issue) }]
}

function pathText(path: readonly PropertyKey[]): string {
	return path.map(String).join('.')
}

function ruleOf(issue: Issue): { rule: string; message: string } {
	switch (issue.code) {
		case 'invalid_type':
			return issue.message.endsWith('received undefined')
				? { rule: 'required', message: 'must be given' }
				: { rule: 'type', message: `must be of type ${issue.expected}` }
		case 'too_small':
			return { rule: 'minimum', message: `must be at least ${amount(issue.minimum, issue.origin)}` }
		case 'too_big':
			return { rule: 'maximum', message: `must be at most ${amount(issue.maximum, issue.origin)}` }
		case 'invalid_value':
			return { rule: 'one_of', message: `must be one of ${issue.values.join(', ')}` }
		case 'invalid_union':
			return { rule: 'one_of', message: 'names none of the known kinds' }
		case 'invalid_format':
			return { rule: 'format', message: issue.message }
		default:
			return { rule: 'rule', message: issue.message }
	}
}

function amount(bound: number | bigint, origin: string): string {
	if (origin === 'string') return `${bound} characters long`
	if (origin === 'array') return `${bound} items long`
	return String(bound)
}
