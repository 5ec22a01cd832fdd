import { tagOf } from '../src/address/name-addr.ts'
import { BridgeScene, callersInvite, INVITE } from './bridge-scene.ts'
import { bytes, type request } from './messages.ts'

export const reliable = (rseq: number) =>
	[
		['Require', '100rel'],
		['RSeq', String(rseq)],
	] as const

export function forked(callerInvite = callersInvite()) {
	return new BridgeScene({ earlyDialogs: 'each' }, callerInvite)
}

/** The To tags of what the caller got for its INVITE. */
export function tagsOf(scene: BridgeScene): (string | undefined)[] {
	return scene.responses(INVITE).map(({ headers }) => tagOf(headers.get('To') ?? ''))
}

/** A request of the caller in the early dialog with that tag of ours. */
export function ask(
	scene: BridgeScene,
	tag: string,
	method: string,
	fields: Parameters<typeof request>[1] = [],
	body = '',
) {
	const transactionId = `${tag} ${method} ${scene.effects.length}`
	const made = scene.makeRequest('caller', method, fields, bytes(body), tag)
	scene.input({ type: 'request', leg: 'caller', transactionId, request: made })
	return transactionId
}

/** A request of one of the ends. */
export function askBack(scene: BridgeScene, end: string, method: string) {
	const transactionId = `${end} ${method}`
	scene.input({
		type: 'request',
		leg: 'callee',
		transactionId,
		request: scene.makeRequest('callee', method, [], bytes(''), end),
	})
	return transactionId
}

export function toTag(scene: BridgeScene, leg: 'caller' | 'callee' = 'callee'): string | undefined {
	return tagOf(scene.lastSent(leg).request.headers.get('To') ?? '')
}
