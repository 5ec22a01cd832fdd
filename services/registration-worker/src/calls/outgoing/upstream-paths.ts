import type { AccountId } from '@vigil/domain'
import { splitList } from '@vigil/sip'
import type { Flow } from '@vigil/sip-transport'
import type { AccountDirectory } from '../../accounts/account-directory.ts'
import type { RegistrationDriver } from '../../registrations/registration-driver.ts'
import type { UpstreamSide } from '../../upstream/upstream-side.ts'

/** The paths by which the requests of an account go upstream, as its registration found them. */
export interface UpstreamPaths {
	/** The flow that the account's REGISTERs take. Rejects when there is none. */
	flowOf(id: AccountId): Promise<Flow>
	/** That flow where it is open now. */
	openFlowOf(id: AccountId): Flow | undefined
	/** Whether the account's own server, as its domain or outbound proxy names it, is at the other end. */
	isOwnServer(id: AccountId, flow: Pick<Flow, 'remote'>): boolean
	/** Route values that the registrar wants before requests of the account (RFC 3608), in their order. */
	serviceRouteOf(id: AccountId): readonly string[]
}

/** The paths that the worker's registrations have found. */
export function upstreamPaths(
	directory: Pick<AccountDirectory, 'slotOf'>,
	registrations: Pick<RegistrationDriver, 'servers' | 'path'>,
	upstream: Pick<UpstreamSide, 'spoken'>,
): UpstreamPaths {
	const { servers } = registrations
	const slotOf = (id: AccountId) => directory.slotOf(id)
	return {
		flowOf: async (id) => upstream.spoken(await servers.flowOf(slotOf(id))),
		openFlowOf: (id) => servers.openFlowOf(slotOf(id)),
		isOwnServer: (id, { remote }) => servers.of(slotOf(id))?.hosts.has(remote.host) ?? false,
		serviceRouteOf: (id) => splitList(registrations.path(slotOf(id)).serviceRoute ?? ''),
	}
}
