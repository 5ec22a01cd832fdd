import { livenessSchema } from '@vigil/contracts'
import { z } from 'zod'
import { PROBLEM_KINDS } from '../problems/catalogue.ts'
import { notFound } from '../problems/problem-error.ts'
import type { Routes } from './route-options.ts'

const tags = ['operation']
const problemKindSchema = z.object({ kind: z.string(), status: z.int(), title: z.string(), meaning: z.string() })

/** That somebody is here, for load balancers, and what problem types mean. No credential is needed. Readiness and metrics are the operators'. */
export const operationRoutes: Routes = async (app) => {
	app.get(
		'/healthz',
		{ schema: { tags, summary: 'The process is alive', response: { 200: livenessSchema } } },
		async () => ({ status: 'alive' as const }),
	)

	app.get(
		'/problems/:kind',
		{
			schema: {
				tags,
				summary: 'What a type of problem means',
				params: z.object({ kind: z.string().max(64) }),
				response: { 200: problemKindSchema },
			},
		},
		async (request) => {
			const entry = Object.entries(PROBLEM_KINDS).find(([name]) => name === request.params.kind)
			if (entry === undefined) throw notFound('type of problem')
			const [kind, { status, title, meaning }] = entry
			return { kind, status, title, meaning }
		},
	)
}
