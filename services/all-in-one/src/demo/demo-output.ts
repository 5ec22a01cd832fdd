import { wellFormedJson, wellFormedText } from '@vigil/runtime'

/** One thing that happened, `ms` after the demo's story began. */
export interface DemoEvent {
	readonly event: string
	readonly ms: number
	readonly [fact: string]: string | number | boolean | undefined
}

const EXPLAINED: Readonly<Record<string, string>> = {
	'demo.starting': 'starting the service with a database of its own',
	'demo.ready': 'the service runs; an account and a phone are set up',
	'handoff.accepted': 'the app goes to the background and hands over',
	registered: 'the service is registered at the SIP server',
	'demo.calling': 'a caller dials the number',
	'demo.waiting': 'waiting for a call from the SIP server',
	'invite.received': 'the INVITE is at the service, which holds it',
	'push.queued': 'a push is queued',
	'push.sent': 'the push goes to the provider',
	'push.accepted': 'the provider has taken the push',
	'push.refused': 'the provider refused the push',
	'device.attached': 'the phone woke up and attached',
	'invite.forwarded': 'the phone gets the INVITE',
	ringing: 'the phone rings',
	answered: 'the call is answered',
	'demo.talking': 'both sides talk',
	ended: 'the call has ended',
	'handoff.returned': 'the app is back and registers by itself',
	unregistered: 'the service has removed its registration',
}

/** Prints events as they happen: for people, or one JSON object a line. */
export class DemoOutput {
	readonly #json: boolean
	readonly #seen: DemoEvent[] = []

	constructor(json: boolean) {
		this.#json = json
	}

	get events(): readonly DemoEvent[] {
		return this.#seen
	}

	event(event: DemoEvent): void {
		this.#seen.push(event)
		if (this.#json) this.#line(wellFormedJson(JSON.stringify(event)))
		else
			this.#line(wellFormedText(`${event.ms.toFixed(1).padStart(9)} ms  ${event.event.padEnd(18)} ${sentence(event)}`))
	}

	result(ok: boolean, facts: Readonly<Record<string, string | number | undefined>>): void {
		if (this.#json) this.#line(JSON.stringify({ event: 'result', ok, ...facts }))
		else this.#line(ok ? `\nAll of it happened.${gist(facts)}` : `\nIt did not all happen: ${facts.reason}`)
	}

	#line(text: string): void {
		process.stdout.write(`${text}\n`)
	}
}

function sentence(event: DemoEvent): string {
	const { event: name, ms: _ms, ...facts } = event
	const shown = Object.entries(facts).filter(([, value]) => value !== undefined)
	const detail = shown.length === 0 ? '' : ` (${shown.map(([key, value]) => `${key} ${value}`).join(', ')})`
	return `${EXPLAINED[name] ?? name}${detail}`
}

function gist({ inviteToPushMs, attachToInviteMs }: Readonly<Record<string, string | number | undefined>>): string {
	return ` INVITE to push ${inviteToPushMs} ms, attached to INVITE ${attachToInviteMs} ms.`
}
