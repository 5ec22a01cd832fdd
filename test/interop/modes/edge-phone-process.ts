import { type IncomingCall, type ScriptedCaller, sampleSdp, startScriptedCaller } from '@vigil/testkit'
import type { SoftphoneAccount } from '../peers/real-phone.ts'
import type { PhoneOrder, PhoneReport, PhoneRequest } from './edge-phone-messages.ts'

type Place = Extract<PhoneRequest, { type: 'place' }>

/** The longest that a timer takes; the process ends long before. */
const FOREVER_MS = 2 ** 31 - 1

let place: Place | undefined
let agent: Promise<ScriptedCaller> | undefined

// Orphans end: who started it is gone when the channel is.
process.once('disconnect', () => process.exit(0))
process.on('message', ({ id, request }: PhoneOrder) => {
	carryOut(request).then(
		() => tell({ type: 'done', id }),
		(error: unknown) => tell({ type: 'failed', id, message: error instanceof Error ? error.message : String(error) }),
	)
})

async function carryOut(request: PhoneRequest): Promise<void> {
	switch (request.type) {
		case 'place':
			place = request
			return
		case 'register':
			return register(request.account)
		case 'unregister':
			// What it answers is the edge's business.
			await (await registered()).unregister()
			return
		case 'callBriefly':
			return callBriefly(request.to)
	}
}

async function register(account: SoftphoneAccount): Promise<void> {
	agent ??= open(account)
	const { status } = await (await agent).register({ expiresSeconds: account.expiresSeconds })
	if (status !== 200) throw new Error(`the edge answers ${status}`)
}

async function callBriefly(to: string): Promise<void> {
	const call = (await registered()).invite(to, { body: sampleSdp('192.0.2.2', 42_000) })
	await call.answered()
	await call.bye()
}

async function registered(): Promise<ScriptedCaller> {
	if (!agent) throw new Error('the phone has never registered')
	return agent
}

async function open({ user, domain, login }: SoftphoneAccount): Promise<ScriptedCaller> {
	if (!place) throw new Error('the phone has not been told where the edge is')
	const opened = await startScriptedCaller({
		uri: `sip:${user}@${domain}`,
		server: { transport: 'tcp', host: '127.0.0.1', port: place.edgePort },
		credentials: { username: login.user, password: login.password },
		contactParams: { 'reg-id': '1', '+sip.instance': `<${place.instanceId}>` },
	})
	void takeCalls(opened)
	return opened
}

async function takeCalls({ incoming }: ScriptedCaller): Promise<void> {
	for (;;) void take(await incoming.next({ deadlineMs: FOREVER_MS }))
}

async function take(call: IncomingCall): Promise<void> {
	tell({ type: 'rung', callId: call.callId })
	// A caller who gives up meanwhile is counted where the callers are.
	await call.answer(sampleSdp('127.0.0.1')).catch(() => {})
	await call.dialog.ended().catch(() => {})
	tell({ type: 'over' })
}

function tell(report: PhoneReport): void {
	// What cannot be told has nobody left to hear it; the end of the channel ends the process.
	process.send?.(report, () => {})
}
