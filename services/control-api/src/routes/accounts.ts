import {
	accountPageSchema,
	accountSchema,
	type ChangeAccountRequest,
	changeAccountRequestSchema,
	createAccountRequestSchema,
	idSchema,
	pageQuerySchema,
} from '@vigil/contracts'
import {
	type AccountChange,
	type AccountId,
	type AccountStore,
	DEFAULT_ATTRIBUTES,
	Secret,
	type TenantId,
} from '@vigil/domain'
import { z } from 'zod'
import { mergedAttributes } from '../accounts.ts'
import { announceAccount } from '../announcements.ts'
import { callingTenant } from '../auth/caller.ts'
import { newSecretText } from '../auth/tokens.ts'
import { notFound, orNotFound } from '../problems/problem-error.ts'
import { accountView } from '../views/account-view.ts'
import { optional } from '../views/instant.ts'
import { pageRequest, viewPage } from './list-page.ts'
import { noContent, type Routes } from './route-options.ts'

const params = z.object({ id: idSchema })
const tags = ['accounts']

/** A tenant's accounts at its upstream SIP servers. */
export const accountRoutes: Routes = async (app, { deps }) => {
	const { accounts } = deps.stores

	app.post(
		'/v1/accounts',
		{
			schema: {
				tags,
				summary: 'Create an account',
				body: createAccountRequestSchema,
				response: { 201: accountSchema },
			},
		},
		async (request, reply) => {
			const { body } = request
			const account = await accounts.create({
				tenantId: callingTenant(request),
				username: body.username,
				domain: body.domain,
				...optional('authUsername', body.authUsername),
				...optional('displayName', body.displayName),
				transport: body.transport,
				password: new Secret(body.password),
				attributes: mergedAttributes(DEFAULT_ATTRIBUTES, body.attributes),
				contactToken: newSecretText(),
			})
			await announceAccount(deps, account.id)
			return reply.code(201).header('location', `/v1/accounts/${account.id}`).send(accountView(account))
		},
	)

	app.get(
		'/v1/accounts',
		{ schema: { tags, summary: 'List accounts', querystring: pageQuerySchema, response: { 200: accountPageSchema } } },
		async (request) => viewPage(await accounts.list(callingTenant(request), pageRequest(request.query)), accountView),
	)

	app.get(
		'/v1/accounts/:id',
		{ schema: { tags, summary: 'Show an account', params, response: { 200: accountSchema } } },
		async (request) => accountView(await findAccount(accounts, callingTenant(request), request.params.id)),
	)

	app.patch(
		'/v1/accounts/:id',
		{
			schema: {
				tags,
				summary: 'Change an account; what is left out stays',
				params,
				body: changeAccountRequestSchema,
				response: { 200: accountSchema },
			},
		},
		async (request) => {
			const tenantId = callingTenant(request)
			const present = await findAccount(accounts, tenantId, request.params.id)
			const attributes = mergedAttributes(present.attributes, request.body.attributes)
			const changed = await accounts.change(tenantId, present.id, { ...plainChange(request.body), attributes })
			const account = orNotFound(changed, 'account')
			await announceAccount(deps, account.id)
			return accountView(account)
		},
	)

	app.delete(
		'/v1/accounts/:id',
		{ schema: { tags, summary: 'Remove an account and its lines', params, response: { 204: noContent } } },
		async (request, reply) => {
			const id = request.params.id as AccountId
			if (!(await accounts.remove(callingTenant(request), id))) throw notFound('account')
			await announceAccount(deps, id)
			return reply.code(204).send(null)
		},
	)
}

/** The account of the tenant, or a 404 problem. */
export async function findAccount(accounts: AccountStore, tenantId: TenantId, id: string) {
	return orNotFound(await accounts.find(tenantId, id as AccountId), 'account')
}

function plainChange(body: ChangeAccountRequest): AccountChange {
	return {
		...optional('displayName', body.displayName),
		...optional('authUsername', body.authUsername),
		...optional('transport', body.transport),
		...optional('password', body.password === undefined ? undefined : new Secret(body.password)),
		...optional('disabled', body.disabled),
	}
}
