import type { ProblemError, PushTokenInput } from '@vigil/contracts'
import {
	type NewPushToken,
	PUSH_TOKEN_KINDS,
	type PushApp,
	type PushAppStore,
	type PushTokenKind,
	type TenantId,
} from '@vigil/domain'
import { RequestProblem } from '../problems/problem-error.ts'

/**
 * The tokens that an app hands in, with the push apps that they name.
 *
 * @throws {RequestProblem} 422 that names every token whose app is unknown or belongs to another provider.
 */
export async function resolvePushTokens(
	pushApps: PushAppStore,
	tenantId: TenantId,
	inputs: readonly PushTokenInput[],
): Promise<NewPushToken[]> {
	if (inputs.length === 0) return []
	const named = await pushApps.findNamed(tenantId, [...new Set(inputs.map(({ app }) => app))])
	const apps = new Map(named.map((app) => [app.name, app]))
	const errors = inputs.flatMap((input, index) => errorOf(input, index, apps.get(input.app)))
	if (errors.length > 0) {
		throw new RequestProblem('invalid', {
			detail: errors.map(({ field, message }) => `${field} ${message}`).join('; '),
			errors,
		})
	}
	return inputs.flatMap(({ app, kind, token }) => {
		const found = apps.get(app)
		return found === undefined ? [] : [{ pushAppId: found.id, kind, token: canonical(kind, token) }]
	})
}

/** The token as it is kept: one of hex digits is the same in capitals. */
function canonical(kind: PushTokenKind, token: string): string {
	return PUSH_TOKEN_KINDS[kind].hexadecimal && /^[0-9A-F]+$/i.test(token) ? token.toLowerCase() : token
}

function errorOf(input: PushTokenInput, index: number, app: PushApp | undefined): ProblemError[] {
	if (app === undefined) {
		return [{ field: `pushTokens.${index}.app`, rule: 'known', message: 'names no push app of the tenant' }]
	}
	const { provider } = app.settings
	if (PUSH_TOKEN_KINDS[input.kind].provider === provider) return []
	return [
		{
			field: `pushTokens.${index}.kind`,
			rule: 'provider',
			message: `does not fit a push app of the provider ${provider}`,
		},
	]
}
