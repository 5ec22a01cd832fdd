import { accountRegistrationSchema, createEnrolmentRequestSchema, enrolmentSchema, idSchema } from '@vigil/contracts'
import {
	addressOfRecord,
	holderFrom,
	holdsBinding,
	initialRegistrationStatus,
	isBoundUpstream,
	withEffectiveActivity,
} from '@vigil/domain'
import { z } from 'zod'
import { callingTenant } from '../auth/caller.ts'
import { enrolmentCodeDigest, newEnrolmentCode } from '../auth/tokens.ts'
import { conflict } from '../problems/problem-error.ts'
import { instant } from '../views/instant.ts'
import { withNextAttempt } from '../views/next-attempt.ts'
import { registrationView } from '../views/registration-view.ts'
import { findAccount } from './accounts.ts'
import type { Routes } from './route-options.ts'

const params = z.object({ id: idSchema })
const tags = ['accounts']

/** What a tenant sees of an account's registration, and how it lets a device in. */
export const accountStateRoutes: Routes = async (app, { deps }) => {
	const { accounts, devices } = deps.stores

	app.get(
		'/v1/accounts/:id/registration',
		{
			schema: {
				tags,
				summary: 'Show who holds the binding upstream, and why',
				params,
				response: { 200: accountRegistrationSchema },
			},
		},
		async (request) => {
			const account = await findAccount(accounts, callingTenant(request), request.params.id)
			const status =
				(await accounts.status(account.tenantId, account.id)) ?? initialRegistrationStatus(account.createdAtMs)
			const lines = (await devices.findByAccounts(account.tenantId, [account.id])).get(account.id) ?? []
			const nowMs = deps.clock.wall()
			const bound = lines.some((device) => isBoundUpstream(withEffectiveActivity(device, nowMs)))
			const mode = account.attributes.registrationMode
			return {
				accountId: account.id,
				aor: addressOfRecord(account),
				mode,
				holder: holderFrom(mode, holdsBinding(status), bound),
				registration: registrationView(withNextAttempt(status, nowMs)),
			}
		},
	)

	app.post(
		'/v1/accounts/:id/enrolments',
		{
			schema: {
				tags,
				summary: 'Make a code that lets one app install enrol for the account, once',
				params,
				body: createEnrolmentRequestSchema,
				response: { 201: enrolmentSchema },
			},
		},
		async (request, reply) => {
			const tenantId = callingTenant(request)
			const account = await findAccount(accounts, tenantId, request.params.id)
			if (account.disabled) throw conflict('The account is disabled.')
			const code = newEnrolmentCode(deps.random)
			const expiresAtMs = deps.clock.wall() + request.body.validSeconds * 1000
			await devices.createEnrolment({
				tenantId,
				accountId: account.id,
				codeDigest: enrolmentCodeDigest(code),
				expiresAtMs,
			})
			return reply.code(201).send({ code, expiresAt: instant(expiresAtMs) })
		},
	)
}
