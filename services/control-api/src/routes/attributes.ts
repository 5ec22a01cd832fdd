import {
	type AttributesView,
	attributesSchema,
	idSchema,
	putAttributesRequestSchema,
	putAttributesResponseSchema,
} from '@vigil/contracts'
import {
	type Account,
	type AccountChange,
	type AttributeName,
	type AttributeProblem,
	type DestinationField,
	type NormalisedAttributes,
	normaliseAttributes,
} from '@vigil/domain'
import { z } from 'zod'
import { announceAccount } from '../announcements.ts'
import { callingTenant } from '../auth/caller.ts'
import { changeBound } from '../credentials/bound-credential.ts'
import { orNotFound, RequestProblem } from '../problems/problem-error.ts'
import { refuseTooShortRefresh } from '../refresh-minimum.ts'
import { optional } from '../views/instant.ts'
import { findAccount } from './accounts.ts'
import type { Routes } from './route-options.ts'

const params = z.object({ id: idSchema })
const tags = ['accounts']

/** Push attributes in the spellings of provisioning systems. */
export const attributeRoutes: Routes = async (app, { deps }) => {
	const { accounts } = deps.stores

	app.get(
		'/v1/accounts/:id/attributes',
		{
			schema: { tags, summary: 'Show the push attributes of an account', params, response: { 200: attributesSchema } },
		},
		async (request) => attributesView(await findAccount(accounts, callingTenant(request), request.params.id)),
	)

	app.put(
		'/v1/accounts/:id/attributes',
		{
			schema: {
				tags,
				summary: 'Set push attributes in any spelling; what is left out stays, what is unknown is reported',
				params,
				body: putAttributesRequestSchema,
				response: { 200: putAttributesResponseSchema },
			},
		},
		async (request) => {
			const tenantId = callingTenant(request)
			const present = await findAccount(accounts, tenantId, request.params.id)
			const normal = checked(normaliseAttributes(request.body))
			const change = changeOf(normal)
			const { unknown } = normal
			if (change === undefined) return { ...attributesView(present), unknown: [...unknown] }
			await refuseTooShortRefresh(accounts, present, change, spellingOf(normal, 'registrationRefreshSeconds'))
			const named = (name: DestinationField) => spellingOf(normal, name as AttributeName)
			const account = orNotFound(await changeBound(accounts, present, change, named), 'account')
			await announceAccount(deps, account.id)
			return { ...attributesView(account), unknown: [...unknown] }
		},
	)
}

/** The attributes, once no rule is broken. */
function checked(normal: NormalisedAttributes): NormalisedAttributes {
	if (normal.problems.length > 0) throw brokenRules(normal.problems)
	return normal
}

function spellingOf({ spellings }: NormalisedAttributes, name: AttributeName): string {
	return spellings.get(name) ?? name
}

function brokenRules(problems: readonly AttributeProblem[]): RequestProblem {
	const errors = problems.map(({ spelling, rule, message }) => ({ field: spelling, rule, message }))
	return new RequestProblem('invalid', {
		detail: errors.map(({ field, message }) => `${field} ${message}`).join('; '),
		errors,
	})
}

/** Undefined when nothing was given that could change the account. */
function changeOf({ attributes, domain, password, spellings }: NormalisedAttributes): AccountChange | undefined {
	if (spellings.size === 0) return undefined
	return { attributes, ...optional('domain', domain), ...optional('password', password) }
}

function attributesView({ id, version, domain, attributes }: Account): AttributesView {
	return { accountId: id, version, domain, attributes: { ...attributes } }
}
