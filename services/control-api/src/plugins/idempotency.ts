import type { IdempotencyKey, IdempotencyStore, StoredResponse, TenantId } from '@vigil/domain'
import type { Logger } from '@vigil/runtime'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'
import type { Caller } from '../auth/caller.ts'
import { digestOf } from '../auth/tokens.ts'
import { conflict, invalidField, RequestProblem } from '../problems/problem-error.ts'

declare module 'fastify' {
	interface FastifyRequest {
		/** Key under which the answer of this request will be kept. */
		idempotencyKey: IdempotencyKey | null
	}
}

const HEADER = 'idempotency-key'

/**
 * `Idempotency-Key` on POST: a client that did not get the answer sends the same request with the same key again,
 * and gets the first answer, once. Only successes are kept: after a refusal nothing has happened.
 */
export const idempotencyPlugin = fastifyPlugin(
	async (app: FastifyInstance, { store, logger }: { readonly store: IdempotencyStore; readonly logger: Logger }) => {
		app.decorateRequest('idempotencyKey', null)

		app.addHook('preHandler', async (request, reply) => {
			const given = request.headers[HEADER]
			if (request.method !== 'POST' || given === undefined) return
			const body = JSON.stringify(request.body ?? null)
			const key = storeKey(request, checkedKey(given), body)
			const claim = await store.claim(key, digestOf(body))
			if (claim.kind === 'running') throw conflict('The first request with this Idempotency-Key is still under way.')
			if (claim.kind === 'different') {
				throw invalidField('Idempotency-Key', 'reused', 'was used for a different request already')
			}
			if (claim.kind === 'done') return repeat(reply, claim.response)
			request.idempotencyKey = key
		})

		app.addHook('onSend', async (request, reply, payload) => {
			const key = request.idempotencyKey
			if (key === null) return payload
			try {
				if (reply.statusCode < 300) await store.finish(key, responseOf(reply, payload))
				else await store.abandon(key)
			} catch (error) {
				// What was asked for is done, or refused: that is what the client is to hear.
				logger.warn(
					{ err: error, requestId: request.id },
					'what came of a request was not kept for its Idempotency-Key',
				)
			}
			return payload
		})
	},
	{ name: 'idempotency' },
)

function checkedKey(given: string | string[]): string {
	if (typeof given === 'string' && /^[\x21-\x7e]{1,255}$/.test(given)) return given
	throw new RequestProblem('malformed-request', {
		detail: 'Idempotency-Key must be 1 to 255 printable characters without spaces.',
		errors: [{ field: 'Idempotency-Key', rule: 'format', message: 'must be 1 to 255 printable characters' }],
	})
}

/** Keys of one caller never meet those of another; a request without a bearer token is told apart by its body. */
function storeKey(request: FastifyRequest, key: string, body: string): IdempotencyKey {
	const tenantId = tenantOf(request.caller)
	const text = [owner(request.caller, body), request.url, key].join(' ')
	return tenantId === undefined ? { text } : { tenantId, text }
}

function tenantOf(caller: Caller | null): TenantId | undefined {
	if (caller?.kind === 'tenant') return caller.tenantId
	return caller?.kind === 'device' ? caller.device.tenantId : undefined
}

function owner(caller: Caller | null, body: string): string {
	switch (caller?.kind) {
		case 'admin':
			return 'admin'
		case 'tenant':
			return `tenant:${caller.tenantId}`
		case 'device':
			return `device:${caller.device.id}`
		default:
			return `anonymous:${digestOf(body)}`
	}
}

function responseOf(reply: FastifyReply, payload: unknown): StoredResponse {
	const contentType = reply.getHeader('content-type')
	const location = reply.getHeader('location')
	return {
		status: reply.statusCode,
		body: typeof payload === 'string' ? payload : '',
		...(typeof contentType === 'string' ? { contentType } : {}),
		...(typeof location === 'string' ? { location } : {}),
	}
}

function repeat(reply: FastifyReply, kept: StoredResponse): FastifyReply {
	if (kept.contentType !== undefined) reply.type(kept.contentType)
	if (kept.location !== undefined) reply.header('location', kept.location)
	return reply
		.code(kept.status)
		.header('idempotency-replayed', 'true')
		.serializer((body: unknown) => String(body))
		.send(kept.body)
}
