import type { AccountId } from '@vigil/domain'
import type { Flow } from '@vigil/sip-transport'

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
