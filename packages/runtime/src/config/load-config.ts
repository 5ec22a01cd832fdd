import type { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { nearestName } from './nearest-name.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ConfigOptions {
	/** What the variables of this product begin with, as in `VIGIL_`. */
	readonly prefix: string
	/** Variables with the prefix that belong to somebody else and are no mistake. */
	readonly alsoKnown?: readonly string[]
}

/**
 * Name of the variable that sets a field: `apiPort` -> `VIGIL_API_PORT`, unless the field's schema says
 * otherwise with `.meta({ env: 'DATABASE_URL' })`.
 */
export function variableName(schema: z.ZodObject, field: string, prefix: string): string {
	const shape: Record<string, z.ZodType | undefined> = schema.shape
	const given = shape[field]?.meta()?.env
	if (typeof given === 'string') return given
	return prefix + field.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase()
}

/**
 * Reads the settings of a process from its environment, once. An empty variable counts as not set.
 *
 * @throws {ConfigError} for an unknown variable with the prefix (with the nearest known name), a missing or bad
 * value, and values that contradict each other; every violated rule is in the one sentence.
 */
export function loadConfig<Schema extends z.ZodObject>(
	schema: Schema,
	env: Environment,
	options: ConfigOptions,
): z.output<Schema> {
	const names = new Map(Object.keys(schema.shape).map((field) => [field, variableName(schema, field, options.prefix)]))
	refuseUnknown(env, [...names.values(), ...(options.alsoKnown ?? [])], options.prefix)
	const given: Record<string, string> = {}
	for (const [field, name] of names) {
		const value = env[name]
		if (value !== undefined && value !== '') given[field] = value
	}
	const result = schema.safeParse(given)
	if (result.success) return result.data
	throw new ConfigError(describe(result.error.issues, given, names))
}

function refuseUnknown(env: Environment, known: readonly string[], prefix: string): void {
	const unknown = Object.keys(env).filter((name) => name.startsWith(prefix) && !known.includes(name))
	if (unknown.length === 0) return
	const sentences = unknown.sort().map((name) => {
		const nearest = nearestName(name, known)
		return `${name} is not a known setting${nearest === undefined ? '' : `, did you mean ${nearest}?`}`
	})
	throw new ConfigError(sentences.join('; '))
}

function describe(
	issues: readonly z.core.$ZodIssue[],
	given: Readonly<Record<string, string>>,
	names: ReadonlyMap<string, string>,
): string {
	const rules = new Map<string, string>()
	for (const issue of issues) {
		const field = String(issue.path[0] ?? '')
		const name = names.get(field)
		const rule = ruleOf(issue, field in given)
		const sentence = name === undefined ? rule : `${name} ${rule}`
		if (!rules.has(field)) rules.set(field, sentence)
	}
	return [...rules.values()].join('; ')
}

function ruleOf(issue: z.core.$ZodIssue, isSet: boolean): string {
	if (!isSet && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) return 'must be set'
	switch (issue.code) {
		case 'invalid_value':
			return issue.message.startsWith('must') ? issue.message : `must be one of ${issue.values.join(', ')}`
		case 'too_small':
			return `must have at least ${issue.minimum} characters`
		case 'too_big':
			return `must have at most ${issue.maximum} characters`
		default:
			return issue.message
	}
}
