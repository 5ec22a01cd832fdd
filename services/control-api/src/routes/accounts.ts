import {
	accountPageSchema,
	accountQuerySchema,
	accountSchema,
	type ChangeAccountRequest,
	changeAccountRequestSchema,
	createAccountRequestSchema,
	idSchema,
	isWebSocket,
	ONLY_FOR_WEB_SOCKET,
} from '@vigil/contracts'
import {
	type Account,
	type AccountChange,
	type AccountId,
	type AccountStore,
	applyAttributes,
	DEFAULT_ATTRIBUTES,
	type DestinationField,
	type TenantId,
} from '@vigil/domain'
import { z } from 'zod'
import { refuseLimitsBeyondTenant, statedLimits } from '../account-limits.ts'
import { attributesChange, credentialOf } from '../accounts.ts'
import { announceAccount } from '../announcements.ts'
import { callingTenant } from '../auth/caller.ts'
import { newContactToken } from '../auth/tokens.ts'
import { changeBound } from '../credentials/bound-credential.ts'
import type { ControlApiDeps } from '../deps.ts'
import { pageRequest, viewPage } from '../lists/list-page.ts'
import { inTurn } from '../lists/reading-in-turn.ts'
import { invalidField, notFound, orNotFound } from '../problems/problem-error.ts'
import { refuseTooShortRefresh } from '../refresh-minimum.ts'
import { forgetFirstCallers } from '../retention/forget-callers.ts'
import { settingsOf } from '../tenant-settings.ts'
import { accountView, accountViews } from '../views/account-view.ts'
import { optional } from '../views/instant.ts'
import { noContent, type Routes } from './route-options.ts'

const params = z.object({ id: idSchema })
const tags = ['accounts']

/** A tenant's accounts at its upstream SIP servers. */
export const accountRoutes: Routes = async (app, { deps, turns }) => {
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
			const tenantId = callingTenant(request)
			await refuseLimitsBeyondTenant(deps, tenantId, body.limits)
			const account = await accounts.create({
				tenantId,
				username: body.username,
				domain: body.domain,
				...optional('authUsername', body.authUsername),
				...optional('displayName', body.displayName),
				transport: body.transport,
				...optional('webSocketPath', body.webSocketPath),
				...credentialOf(body),
				attributes: applyAttributes(DEFAULT_ATTRIBUTES, attributesChange(body.attributes)),
				...optional('inviteSource', body.inviteSource),
				...optional('limits', statedLimits(body.limits)),
				contactToken: newContactToken(deps.random),
			})
			await announceAccount(deps, account.id)
			return reply
				.code(201)
				.header('location', `/v1/accounts/${account.id}`)
				.send(await accountView(deps, account))
		},
	)

	app.get(
		'/v1/accounts',
		{
			...inTurn(turns),
			schema: { tags, summary: 'List accounts', querystring: accountQuerySchema, response: { 200: accountPageSchema } },
		},
		async (request) => {
			const tenantId = callingTenant(request)
			const { username, state } = request.query
			const filter = { ...optional('username', username), ...optional('state', state) }
			const page = await accounts.list(tenantId, filter, pageRequest(request.query))
			const views = await accountViews(deps, tenantId, page.items)
			return viewPage({ ...page, items: views }, (view) => view)
		},
	)

	app.get(
		'/v1/accounts/:id',
		{ schema: { tags, summary: 'Show an account', params, response: { 200: accountSchema } } },
		async (request) => accountView(deps, await findAccount(accounts, callingTenant(request), request.params.id)),
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
			await refuseStaleHa1(deps, present, request.body)
			refusePathWithoutWebSocket(present, request.body)
			await refuseLimitsBeyondTenant(deps, tenantId, request.body.limits)
			const change = changeOf(request.body)
			await refuseTooShortRefresh(accounts, present, change, 'attributes.registrationRefreshSeconds')
			const account = orNotFound(await changeBound(accounts, present, change, fieldOf), 'account')
			await announceAccount(deps, account.id)
			return accountView(deps, account)
		},
	)

	app.delete(
		'/v1/accounts/:id',
		{ schema: { tags, summary: 'Remove an account and its lines', params, response: { 204: noContent } } },
		async (request, reply) => {
			const id = request.params.id as AccountId
			const tenantId = callingTenant(request)
			const { forgetCallers } = await settingsOf(deps, tenantId)
			if (!(await accounts.remove(tenantId, id, { forgetCallers }))) throw notFound('account')
			await announceAccount(deps, id)
			if (forgetCallers) await forgetFirstCallers(deps, { tenantId, accountId: id })
			return reply.code(204).send(null)
		},
	)
}

/** The account of the tenant, or a 404 problem. */
export async function findAccount(accounts: AccountStore, tenantId: TenantId, id: string) {
	return orNotFound(await accounts.find(tenantId, id as AccountId), 'account')
}

function changeOf(body: ChangeAccountRequest): AccountChange {
	return {
		...optional('domain', body.domain),
		...optional('displayName', body.displayName),
		...optional('authUsername', body.authUsername),
		...optional('transport', body.transport),
		...optional('webSocketPath', webSocketPathOf(body)),
		...credentialOf(body),
		attributes: attributesChange(body.attributes),
		...optional('inviteSource', body.inviteSource),
		...optional('limits', body.limits),
		...optional('disabled', body.disabled),
	}
}

function fieldOf(field: DestinationField): string {
	return field === 'outboundProxy' ? 'attributes.outboundProxy' : field
}

/** Another transport has no path: one that was set goes. */
function webSocketPathOf({ transport, webSocketPath }: ChangeAccountRequest): string | null | undefined {
	return webSocketPath === undefined && transport !== undefined && !isWebSocket(transport) ? null : webSocketPath
}

function refusePathWithoutWebSocket(account: Account, body: ChangeAccountRequest): void {
	const given = body.webSocketPath !== undefined && body.webSocketPath !== null
	if (given && !isWebSocket(body.transport ?? account.transport)) {
		throw invalidField('webSocketPath', 'transport', ONLY_FOR_WEB_SOCKET)
	}
}

/** The digest user name is part of an HA1: under another one the stored hash would be refused for ever. */
async function refuseStaleHa1(deps: ControlApiDeps, account: Account, body: ChangeAccountRequest): Promise<void> {
	if (body.authUsername === undefined || body.password !== undefined || body.ha1 !== undefined) return
	if ((body.authUsername ?? account.username) === (account.authUsername ?? account.username)) return
	const state = (await deps.stores.credentials.states(account.tenantId, [account.id])).get(account.id)
	if (state?.kind !== 'ha1') return
	throw invalidField('authUsername', 'ha1', 'is part of the stored HA1: give a new ha1 or password with it')
}
