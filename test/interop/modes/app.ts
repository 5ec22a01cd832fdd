import type { HandoffLine, HandoffRequest } from '@vigil/contracts'
import { until } from '@vigil/testkit'
import type { SoftphoneAccount } from '../peers/real-phone.ts'
import type { PushPhone } from './push-phone.ts'
import type { Softphone } from './softphone.ts'

/** What an app needs to go back and forth. */
export interface AppParts {
	/** Takes calls in the foreground. */
	readonly softphone: Softphone
	/** Takes calls woken by push, and speaks to the control API in either state. */
	readonly phone: PushPhone
	/** What the softphone registers: the account at the upstream server, in mode 2 the device at the edge. */
	readonly account: SoftphoneAccount
	/** Resolves when the server has no binding of the softphone any more. */
	softphoneGone(): Promise<unknown>
	/** Of a foreground statement; the tenant's own unless given. */
	readonly leaseSeconds?: number
	/** Mode 1: the softphone takes the service's place by one REGISTER, and the service the softphone's. */
	readonly swaps?: boolean
}

/** The app's side of a registration mode. */
export interface App {
	toForeground(): Promise<void>
	toBackground(): Promise<void>
}

const PATIENCE_MS = 20_000
const IDLE_MS = 2_000

/** What an app of the mode does when it is opened and when it is left. */
export function appOf(mode: 0 | 1 | 2 | 3, parts: AppParts): App {
	const { softphone, phone, account } = parts
	switch (mode) {
		case 0:
			return {
				toForeground: async () => {
					await softphone.register(account)
					await stated(parts, { state: 'foreground', registered: true }, 'none')
				},
				toBackground: async () => {
					await stated(parts, { state: 'background' }, 'unregister')
					await idle(parts)
					await softphone.unregister(account)
				},
			}
		case 1:
			if (parts.swaps) return swappingApp(parts)
			return {
				toForeground: () => takeOver(parts),
				toBackground: async () => {
					await idle(parts)
					await softphone.unregister(account)
					await parts.softphoneGone()
					await stated(parts, { state: 'background', unregistered: true }, 'none')
				},
			}
		case 2:
			return {
				toForeground: async () => {
					await stated(parts, { state: 'foreground' }, 'attach')
					await phone.handOver(softphone)
					await softphone.register(account)
				},
				toBackground: async () => {
					await stated(parts, { state: 'background' }, 'none')
					await idle(parts)
					phone.takeBack()
					await softphone.unregister(account)
				},
			}
		case 3:
			return {
				toForeground: () => takeOver(parts),
				toBackground: async () => {
					await stated(parts, { state: 'background' }, 'none')
					await idle(parts)
					// The system suspends the app; it removes nothing, and neither do we.
					await softphone.kill()
				},
			}
	}
}

/** One binding only, and never none: each takes the other's place. */
function swappingApp(parts: AppParts): App {
	return {
		toForeground: async () => {
			const told = { state: 'foreground', swapsContacts: true } as const
			const [line] = await stated(parts, told, 'register')
			if (line?.replaceContact === undefined) throw new Error('there is no contact to take the place of')
			await parts.softphone.register(parts.account, line.replaceContact)
			await stated(parts, { ...told, registered: true }, 'none')
		},
		toBackground: async () => {
			await idle(parts)
			await stated(parts, { state: 'background' }, 'none')
		},
	}
}

/** One binding only: the device waits for its turn, and then says that it has taken it. */
async function takeOver(parts: AppParts): Promise<void> {
	await stated(parts, { state: 'foreground' }, 'register')
	await parts.softphone.register(parts.account)
	await stated(parts, { state: 'foreground', registered: true }, 'none')
}

/** States it until the service has done its part and names this as the device's next step. */
async function stated(parts: AppParts, request: HandoffRequest, next: string): Promise<readonly HandoffLine[]> {
	const { phone, leaseSeconds } = parts
	const lease = request.state === 'foreground' && leaseSeconds !== undefined ? { leaseSeconds } : {}
	let answer: Awaited<ReturnType<PushPhone['handoff']>> | undefined
	await until(
		async () => {
			answer = await phone.handoff({ ...request, ...lease })
			return answer.settled && answer.lines.every((line) => line.next === next)
		},
		{
			deadlineMs: PATIENCE_MS,
			what: () => `next: ${next} after ${JSON.stringify(request)}: ${JSON.stringify(answer)}`,
		},
	)
	return answer?.lines ?? []
}

/** An app is not left in the middle of a call; but callers do not wait for it either. */
async function idle({ softphone }: AppParts): Promise<void> {
	await until(() => softphone.calls === 0, { deadlineMs: IDLE_MS }).catch(() => {})
}
