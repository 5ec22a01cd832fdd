import type { PushApp, PushOutcome } from '@vigil/domain'
import { EGRESS_REFUSED, type Egress, type Logger, refusedLiteral } from '@vigil/runtime'
import { parseEndpoint } from './endpoint.ts'

const NOT_ALLOWED: PushOutcome = {
	kind: 'misconfigured',
	reason: 'the endpoint of the push app has no address that this service connects to',
}
const NOT_REACHED = 'the endpoint of the push app cannot be reached'

/** System codes, and what this package says of connections: in these words open, closed and filtered ports would tell apart. */
const OF_CONNECTION = /^(?:[A-Z][A-Z0-9_]*|connection failed|no answer in time|no access token: .*)$/

/** Why nothing is sent to an app's own endpoint, which is an IP address; undefined where it is allowed, a name, or the provider's own. */
export function refusedEndpoint(
	{ settings: { endpoint } }: PushApp,
	egress: Egress | undefined,
): PushOutcome | undefined {
	if (endpoint === undefined || !egress) return undefined
	const { host, port } = parseEndpoint(endpoint)
	return refusedLiteral(egress, host, port, 'push-app') && NOT_ALLOWED
}

/** The outcome as the tenant is told it: of an endpoint that it has named itself, not why it cannot be reached (ADR 19). */
export function toldOutcome(app: PushApp, outcome: PushOutcome, logger: Logger): PushOutcome {
	const { reason = '' } = outcome
	if (app.settings.endpoint === undefined || outcome.kind !== 'retry') return outcome
	if (reason === EGRESS_REFUSED) return NOT_ALLOWED
	if (outcome.providerStatus !== undefined || !OF_CONNECTION.test(reason)) return outcome
	logger.info({ pushAppId: app.id, reason }, 'the endpoint of a push app cannot be reached')
	return { ...outcome, reason: NOT_REACHED }
}
