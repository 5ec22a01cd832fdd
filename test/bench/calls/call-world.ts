import { realClock } from '@vigil/runtime'
import type { SipMessage } from '@vigil/sip'
import { type ScriptedCall, type ScriptedCaller, startScriptedCaller, startScriptedRegistrar } from '@vigil/testkit'
import { ScriptedPhone } from '../../world/scripted-phone.ts'
import { startTestPlatform, type TestPlatform } from '../../world/test-platform.ts'
import type { RunScope } from '../run/run-scope.ts'

const USER = { name: 'alice', password: 'correct-horse-battery' }
const HANDED_OVER = 'registered'

/** A platform in this process with one account that the service holds, its sleeping phone, and somebody who calls it. */
export interface CallWorld {
	readonly platform: TestPlatform
	readonly phone: ScriptedPhone
	/** Sends an INVITE to the account's Contact, as its SIP server would. */
	call(): ScriptedCall
	/** When the newest INVITE left, epoch milliseconds. */
	invitedAtMs(): number
}

export async function startCallWorld(scope: RunScope): Promise<CallWorld> {
	const platform = await startTestPlatform()
	scope.defer(() => platform.close())
	const registrar = await startScriptedRegistrar({ users: { [USER.name]: USER.password } })
	scope.defer(() => registrar.close())
	const { id } = await platform.tenant.addAccount({
		username: USER.name,
		password: USER.password,
		domain: `${registrar.host}:${registrar.port}`,
		transport: 'udp',
	})
	const phone = await ScriptedPhone.enrol(platform, id, { wakes: false })
	scope.defer(() => phone.close())
	const handoff = await phone.handoff('background')
	const state = handoff.lines[0]?.registration.state
	if (state !== HANDED_OVER) throw new Error(`the account is ${state} after the hand-over`)
	const contact = registrar.bindings(USER.name)[0]?.contact
	if (contact === undefined) throw new Error('the service is not bound')
	let invitedAtMs = 0
	const caller = await startCaller(platform, (direction, message) => {
		if (direction === 'out' && message.kind === 'request' && message.method === 'INVITE') invitedAtMs = realClock.now()
	})
	scope.defer(() => caller.close())
	return { platform, phone, call: () => caller.invite(contact), invitedAtMs: () => invitedAtMs }
}

function startCaller(
	{ addresses }: TestPlatform,
	trace: (direction: 'in' | 'out', message: SipMessage) => void,
): Promise<ScriptedCaller> {
	const server = { transport: 'udp', host: '127.0.0.1', port: addresses.upstreamPort } as const
	return startScriptedCaller({ uri: 'sip:caller@bench.test', server, trace })
}
