import type { Account, TenantId } from '@vigil/domain'
import { enrolmentCodeDigest } from '../auth/tokens.ts'
import type { ControlApiDeps } from '../deps.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { conflict, RequestProblem } from '../problems/problem-error.ts'

type EnrolmentDeps = Pick<ControlApiDeps, 'stores' | 'clock' | 'limits'>

/** What a redeemed code gives access to. */
export interface Redeemed {
	readonly tenantId: TenantId
	readonly account: Account
}

/** How long a code can be tried again after a request that was refused for another reason. */
const SECOND_TRY_MS = 300_000

/**
 * Uses an enrolment code up for `work`. When the work is refused (unknown push app, disabled account) the code is
 * given back, so that a corrected request can use it.
 *
 * @throws {RequestProblem} 401 for a code that is unknown, used up, expired, or not of the tenant that is asked for.
 */
export async function withEnrolmentCode<Result>(
	deps: EnrolmentDeps,
	code: string,
	tenantId: TenantId | undefined,
	work: (redeemed: Redeemed) => Promise<Result>,
): Promise<Result> {
	const codeDigest = enrolmentCodeDigest(code)
	const redeemed = await deps.stores.devices.redeemEnrolment(codeDigest)
	if (redeemed === undefined) throw badCode()
	const account = await deps.stores.accounts.load(redeemed.accountId)
	if (account === undefined) throw badCode()
	try {
		if (tenantId !== undefined && redeemed.tenantId !== tenantId) throw badCode()
		if (account.disabled) throw conflict('The account is disabled.')
		await refuseAnotherDevice(deps, account)
		return await work({ tenantId: redeemed.tenantId, account })
	} catch (error) {
		if (error instanceof RequestProblem) {
			const expiresAtMs = deps.clock.wall() + SECOND_TRY_MS
			await deps.stores.devices.createEnrolment({ ...redeemed, codeDigest, expiresAtMs })
		}
		throw error
	}
}

/** Every device of an account is woken for each of its calls. */
async function refuseAnotherDevice({ stores, limits }: EnrolmentDeps, { id }: Account): Promise<void> {
	const { devicesPerAccount } = { ...DEFAULT_LIMITS, ...limits }
	const devices = (await stores.devices.loadByAccounts([id])).get(id) ?? []
	if (devices.length < devicesPerAccount) return
	throw conflict(`The account has ${devices.length} devices, and may have ${devicesPerAccount}: remove one.`)
}

function badCode(): RequestProblem {
	return new RequestProblem('unauthorised', {
		detail: 'The enrolment code is unknown, used up or expired.',
		errors: [{ field: 'enrolmentCode', rule: 'valid', message: 'is unknown, used up or expired' }],
		headers: { 'www-authenticate': 'Bearer realm="vigil"' },
	})
}
