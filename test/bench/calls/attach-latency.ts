import { realClock } from '@vigil/runtime'
import { type ScriptedCaller, startScriptedCaller, until } from '@vigil/testkit'
import type { RunScope } from '../run/run-scope.ts'
import type { CallWorld } from './call-world.ts'

const BUSY = 486

/** The phone of a world with a watch on its wire. */
export interface WatchedPhone {
	readonly agent: ScriptedCaller
	/** When the newest REGISTER left, epoch milliseconds. */
	registeredAtMs: number
	/** When the newest INVITE came. */
	invitedAtMs: number
}

/** Takes the phone's place at the edge: its own identity over TCP. */
export async function watchPhone(scope: RunScope, { phone }: CallWorld): Promise<WatchedPhone> {
	const { sip, instanceId } = phone.identity
	const [, host = '', port = ''] = /^sip:([^:;]+):(\d+)/.exec(sip.urls.tcp ?? '') ?? []
	const watched = { registeredAtMs: 0, invitedAtMs: 0 }
	const agent = await startScriptedCaller({
		uri: `sip:${sip.username}@${sip.domain}`,
		server: { transport: 'tcp', host, port: Number(port) },
		credentials: { username: sip.username, password: sip.password },
		contactParams: { 'reg-id': '1', '+sip.instance': `<${instanceId}>` },
		trace: (direction, message) => {
			if (message.kind !== 'request') return
			if (direction === 'out' && message.method === 'REGISTER') watched.registeredAtMs = realClock.now()
			if (direction === 'in' && message.method === 'INVITE') watched.invitedAtMs = realClock.now()
		},
	})
	scope.defer(() => agent.close())
	return Object.assign(watched, { agent })
}

/**
 * One call to a sleeping phone that attaches when the push has come: milliseconds from its accepted REGISTER leaving to
 * the INVITE coming in. It then refuses the call and detaches.
 */
export async function attachLatency({ phone, call }: CallWorld, watched: WatchedPhone): Promise<number> {
	const [pushed, rung] = [phone.pushes.length, watched.agent.incoming.items.length]
	const placed = call()
	await until(() => phone.pushes.length > pushed, { what: 'a push' })
	const { status } = await watched.agent.register({ expiresSeconds: 600 })
	if (status !== 200) throw new Error(`the edge answered ${status} to the phone's REGISTER`)
	const incoming = await until(() => watched.agent.incoming.items[rung], { what: 'the call' })
	const latency = watched.invitedAtMs - watched.registeredAtMs
	incoming.reject(BUSY)
	await placed.final()
	await watched.agent.unregister()
	return latency
}
