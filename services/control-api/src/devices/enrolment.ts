import { type Account, devicesOfAccount, type TenantId } from '@vigil/domain'
import { enrolmentCodeDigest } from '../auth/tokens.ts'
import type { ControlApiDeps } from '../deps.ts'
import { conflict, RequestProblem } from '../problems/problem-error.ts'
import { settingsOf } from '../tenant-settings.ts'

type EnrolmentDeps = Pick<ControlApiDeps, 'stores' | 'tenantDefaults'>

/** What a code gives access to, once. */
export interface Enrollable {
	readonly codeDigest: string
	readonly tenantId: TenantId
	readonly account: Account
}

/**
 * What an enrolment code is for. It is not used up by this: that is done together with what it is used for, so that a request which
 * is refused leaves it as it is, and of two at once one is served.
 *
 * @throws {RequestProblem} 401 for a code that is unknown, used up, expired, or not of the tenant that is asked for; 409 for a
 * disabled account.
 */
export async function enrollable(deps: EnrolmentDeps, code: string, tenantId?: TenantId): Promise<Enrollable> {
	const { stores } = deps
	const codeDigest = enrolmentCodeDigest(code)
	const found = await stores.devices.findEnrolment(codeDigest)
	if (found === undefined || (tenantId !== undefined && found.tenantId !== tenantId)) throw badCode()
	const account = await stores.accounts.find(found.tenantId, found.accountId)
	if (account === undefined) throw badCode()
	if (account.disabled) throw conflict('The account is disabled.')
	await refuseAnotherDevice(deps, account)
	return { codeDigest, tenantId: found.tenantId, account }
}

/** Every device of an account is woken for each of its calls. */
async function refuseAnotherDevice(deps: EnrolmentDeps, { id, tenantId, limits }: Account): Promise<void> {
	const devices = (await deps.stores.devices.findByAccounts(tenantId, [id])).get(id) ?? []
	const most = devicesOfAccount((await settingsOf(deps, tenantId)).limits, limits)
	if (devices.length < most) return
	throw conflict(`The account has ${devices.length} devices, and may have ${most}: remove one.`)
}

/** The problem for a code that is none, or was used by somebody else meanwhile. */
export function badCode(): RequestProblem {
	return new RequestProblem('unauthorised', {
		detail: 'The enrolment code is unknown, used up or expired.',
		errors: [{ field: 'enrolmentCode', rule: 'valid', message: 'is unknown, used up or expired' }],
		headers: { 'www-authenticate': 'Bearer realm="vigil"' },
	})
}
