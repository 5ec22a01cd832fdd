import { idSchema, type ProbeReportView, probeReportSchema, probeRequestSchema } from '@vigil/contracts'
import { type Account, holdsBinding } from '@vigil/domain'
import { z } from 'zod'
import { callingTenant } from '../auth/caller.ts'
import type { ControlApiDeps } from '../deps.ts'
import { conflict, RequestProblem } from '../problems/problem-error.ts'
import { findAccount } from './accounts.ts'
import type { Routes } from './route-options.ts'

const params = z.object({ id: idSchema })
/** Longer than a SIP server may keep one REGISTER waiting (RFC 3261 17.1.2.2), and the removal after it. */
const PROBE_WITHIN_MS = 100_000

/** Finds out which registration mode fits the SIP server of an account. */
export const probeRoutes: Routes = async (app, { deps }) => {
	app.post(
		'/v1/accounts/:id/probe',
		{
			schema: {
				tags: ['accounts'],
				summary: 'Find out by two test contacts how the SIP server treats bindings, and which mode fits',
				params,
				body: probeRequestSchema,
				response: { 200: probeReportSchema },
			},
		},
		async (request) => {
			const account = await findAccount(deps.stores.accounts, callingTenant(request), request.params.id)
			await refuseUnfit(deps, account, request.body.force)
			const result = await deps.probes.ask(account.id, request.body.force, PROBE_WITHIN_MS)
			if (result === undefined) throw new RequestProblem('unavailable', { detail: 'No worker has answered the probe.' })
			if (result.report === undefined)
				throw conflict(`The probe could not begin: ${result.error ?? 'no reason given'}.`)
			return result.report satisfies ProbeReportView
		},
	)
}

async function refuseUnfit(deps: ControlApiDeps, account: Account, force: boolean): Promise<void> {
	if (account.disabled) throw conflict('The account is disabled.')
	if (!account.attributes.pushEnabled) throw conflict('Push is off, and with it there is no credential to probe with.')
	if (force) return
	const status = await deps.stores.accounts.status(account.tenantId, account.id)
	if (status !== undefined && holdsBinding(status)) {
		throw conflict(
			'The service holds the binding of the account: a SIP server that keeps one binding would drop it for a test contact. Bring a device to the foreground first, or give force.',
		)
	}
}
