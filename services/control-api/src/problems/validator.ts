import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { validationProblem } from './validation.ts'

/** Checks request parts against their zod schemas; all violated rules of a part are reported at once. */
export const zodValidatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
	return (data: unknown) => {
		const result = schema.safeParse(data ?? undefined)
		return result.success
			? { value: result.data }
			: { error: validationProblem(httpPart ?? 'body', result.error.issues) }
	}
}
