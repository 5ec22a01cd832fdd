import type { z } from 'zod'
import { variableName } from './load-config.ts'

/** A Markdown table of all settings of a schema, for its documentation: variable, default, meaning (`.describe()`). */
export function settingsTable(schema: z.ZodObject, prefix: string): string {
	const rows = Object.entries(schema.shape as Record<string, z.ZodType>).map(([field, type]) => {
		const name = variableName(schema, field, prefix)
		return `| \`${name}\` | ${defaultOf(type)} | ${type.description ?? ''} |`
	})
	return ['| variable | default | meaning |', '|---|---|---|', ...rows, ''].join('\n')
}

function defaultOf(type: z.ZodType): string {
	const result = type.safeParse(undefined)
	if (!result.success) return 'must be set'
	if (result.data === undefined) return 'not set'
	return `\`${Array.isArray(result.data) ? result.data.join(',') : String(result.data)}\``
}
