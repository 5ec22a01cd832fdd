import {
	type AccountLimits,
	type LimitsChange,
	limitsBeyond,
	type StatedAccountLimits,
	type TenantId,
} from '@vigil/domain'
import { RequestProblem } from './problems/problem-error.ts'
import { type SettingsDeps, settingsOf } from './tenant-settings.ts'

/**
 * No account may have more than its tenant. A tenant's limit that is lowered later holds for its accounts as well, whatever they state.
 *
 * @throws {RequestProblem} 422 that names each limit which is above the tenant's.
 */
export async function refuseLimitsBeyondTenant(
	deps: SettingsDeps,
	tenantId: TenantId,
	wanted: LimitsChange<AccountLimits> | null | undefined,
): Promise<void> {
	if (!wanted) return
	const beyond = limitsBeyond(wanted, (await settingsOf(deps, tenantId)).limits)
	if (beyond.length === 0) return
	const errors = beyond.map(({ name, most }) => ({
		field: `limits.${name}`,
		rule: 'maximum',
		message: `must be at most ${most}, which is the tenant's own limit`,
	}))
	const detail = errors.map(({ field, message }) => `${field} ${message}`).join('; ')
	throw new RequestProblem('invalid', { detail, errors })
}

/** The limits that a new account states; undefined where it states none. */
export function statedLimits(limits: LimitsChange<AccountLimits> = {}): StatedAccountLimits | undefined {
	const stated = Object.entries(limits).filter(([, limit]) => typeof limit === 'number')
	return stated.length > 0 ? Object.fromEntries(stated) : undefined
}
