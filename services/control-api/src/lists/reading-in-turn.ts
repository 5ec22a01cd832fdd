import type { FastifyRequest, onSendAsyncHookHandler, preHandlerAsyncHookHandler } from 'fastify'
import { RequestProblem } from '../problems/problem-error.ts'
import type { EndTurn, ReadingTurns } from './reading-turns.ts'

const TURNS = new WeakMap<FastifyRequest, EndTurn>()

/** Route options that have a list read in its reader's turn, which lasts until the answer is written out as text. */
export function inTurn(turns: ReadingTurns): {
	readonly preHandler: preHandlerAsyncHookHandler
	readonly onSend: onSendAsyncHookHandler
} {
	return {
		preHandler: async (request) => {
			const end = await turns.take(readerOf(request))
			if (end === undefined) {
				throw new RequestProblem('too-many-requests', {
					detail: 'Too many lists are asked for at once: ask for one page after the other.',
					headers: { 'retry-after': '1' },
				})
			}
			TURNS.set(request, end)
			// Whoever has gone meanwhile needs no page any more.
			if (request.socket.destroyed) throw new RequestProblem('unavailable', { detail: 'The connection has ended.' })
		},
		onSend: async (request, _reply, payload) => {
			TURNS.get(request)?.()
			return payload
		},
	}
}

function readerOf({ caller }: FastifyRequest): string {
	return caller?.kind === 'tenant' ? caller.tenantId : (caller?.kind ?? 'nobody')
}
