import type { Device, TenantId } from '@vigil/domain'
import type { FastifyRequest } from 'fastify'

/** Whom the bearer token of a request speaks for. */
export type Caller =
	| { readonly kind: 'admin' }
	| { readonly kind: 'tenant'; readonly tenantId: TenantId }
	| { readonly kind: 'device'; readonly device: Device }

declare module 'fastify' {
	interface FastifyRequest {
		caller: Caller | null
	}
}

/** The tenant that calls. Throws where the route is not in the tenants' scope, which is a fault of the program. */
export function callingTenant(request: FastifyRequest): TenantId {
	if (request.caller?.kind !== 'tenant') throw new Error('the route is outside the scope of tenants')
	return request.caller.tenantId
}

/** The device that calls. Throws where the route is not in the devices' scope, which is a fault of the program. */
export function callingDevice(request: FastifyRequest): Device {
	if (request.caller?.kind !== 'device') throw new Error('the route is outside the scope of devices')
	return request.caller.device
}
