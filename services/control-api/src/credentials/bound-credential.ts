import {
	type Account,
	type AccountChange,
	type AccountStore,
	type DestinationField,
	MovedCredentialError,
} from '@vigil/domain'
import { RequestProblem } from '../problems/problem-error.ts'

/** The rule that a change of the server breaks when it comes without the credential. */
const RULE = 'credential_again'

/**
 * Changes an account; undefined when it is gone.
 *
 * @param named How the request names a field.
 * @throws {RequestProblem} 422 with the rule `credential_again` for each field that leads the stored credential to another server.
 */
export async function changeBound(
	accounts: Pick<AccountStore, 'change'>,
	{ tenantId, id }: Pick<Account, 'tenantId' | 'id'>,
	change: AccountChange,
	named: (field: DestinationField) => string,
): Promise<Account | undefined> {
	try {
		return await accounts.change(tenantId, id, change)
	} catch (error) {
		throw error instanceof MovedCredentialError ? credentialAgain(error.fields.map(named)) : error
	}
}

function credentialAgain(fields: readonly string[]): RequestProblem {
	const message = 'decides which server the SIP credential answers: give password or ha1 again in the same request'
	return new RequestProblem('invalid', {
		detail: fields.map((field) => `${field} ${message}`).join('; '),
		errors: fields.map((field) => ({ field, rule: RULE, message })),
	})
}
