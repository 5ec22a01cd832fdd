import { randomBytes } from 'node:crypto'
import { until } from '@vigil/testkit'
import type { TestPlatform } from '../../world/test-platform.ts'
import { Kamailio } from '../peers/kamailio.ts'
import type { KamailioVariant } from '../peers/kamailio-config.ts'
import type { SoftphoneAccount } from '../peers/real-phone.ts'
import { sippCallee } from '../peers/sipp-callee.ts'
import { type App, appOf } from './app.ts'
import { EdgePhone, type EdgePlace } from './edge-phone.ts'
import { PushPhone } from './push-phone.ts'
import { BaresipPhone, type Softphone } from './softphone.ts'
import { SwappingPhone } from './swapping-phone.ts'

export type Mode = 0 | 1 | 2 | 3

/** The server that each mode is made for. */
const SERVER: Readonly<Record<Mode, KamailioVariant>> = { 0: 'multi', 1: 'reject', 2: 'multi', 3: 'overwrite' }
const PASSWORD = 'correct-horse'

export interface ModeWorldOptions {
	readonly mode: Mode
	readonly platform: TestPlatform
	/** Mode 1: the server is known to swap contacts, and the app does. */
	readonly swaps?: boolean
	/** Lease of the app's foreground statements. */
	readonly leaseSeconds?: number
	/** Expires that the softphone asks for upstream. */
	readonly softphoneExpiresSeconds?: number
}

/** One account of a mode at its fitting SIP server, and the app on a phone that goes back and forth. */
export class ModeWorld {
	readonly mode: Mode
	readonly username: string
	readonly kamailio: Kamailio
	readonly softphone: Softphone
	readonly phone: PushPhone
	readonly app: App

	private constructor(
		mode: Mode,
		username: string,
		parts: { kamailio: Kamailio; softphone: Softphone; phone: PushPhone; app: App },
	) {
		this.mode = mode
		this.username = username
		this.kamailio = parts.kamailio
		this.softphone = parts.softphone
		this.phone = parts.phone
		this.app = parts.app
	}

	/** With the app in the background and the service bound. */
	static async start(options: ModeWorldOptions): Promise<ModeWorld> {
		const { mode, platform, leaseSeconds, swaps = false, softphoneExpiresSeconds = 600 } = options
		const username = `user${mode}${randomBytes(3).toString('hex')}`
		const kamailio = await Kamailio.start({ password: PASSWORD, variant: SERVER[mode], challengeCalls: true })
		let softphone: Softphone | undefined
		try {
			const domain = `127.0.0.1:${kamailio.port}`
			const account = await platform.tenant.addAccount({
				username,
				domain,
				password: PASSWORD,
				transport: 'udp',
				attributes: { registrationMode: mode, ...(swaps ? { contactSwap: true } : {}) },
			})
			const phone = await PushPhone.enrol(platform, account.id)
			softphone = await softphoneFor(mode, swaps, phone)
			const login = { user: username, password: PASSWORD }
			const app = appOf(mode, {
				softphone,
				phone,
				account:
					mode === 2 ? atEdge(phone) : { user: username, domain, login, expiresSeconds: softphoneExpiresSeconds },
				softphoneGone: () =>
					until(() => !boundTo(kamailio, username).some((contact) => isSoftphone(contact, username))),
				swaps,
				...(leaseSeconds === undefined ? {} : { leaseSeconds }),
			})
			const world = new ModeWorld(mode, username, { kamailio, softphone, phone, app })
			await world.#fallAsleep()
			return world
		} catch (error) {
			await softphone?.kill()
			await kamailio.stop()
			throw error
		}
	}

	/** Whether the SIP server has a binding of the service. */
	get isServiceBound(): boolean {
		return boundTo(this.kamailio, this.username).some((contact) => !isSoftphone(contact, this.username))
	}

	/**
	 * The app calls somebody through the edge, at a server that asks for a proof; gives how often it was asked for and given.
	 *
	 * @throws Error when the call does not come about.
	 */
	async callOut(): Promise<{ readonly challenged: number; readonly admitted: number }> {
		const callee = await sippCallee('callee', PASSWORD, this.kamailio.port)
		if (!(this.softphone instanceof EdgePhone)) throw new Error('calls of the app are ours in mode 2 only')
		await this.softphone.callBriefly(`sip:callee@127.0.0.1:${this.kamailio.port}`)
		const { ok, output } = await callee.done
		if (!ok) throw new Error(`the callee heard something else: ${output}`)
		const { challenged, admitted } = this.kamailio.proofs(this.username)
		return { challenged: challenged.length, admitted: admitted.length }
	}

	async close(): Promise<void> {
		await this.softphone.kill()
		await this.phone.close()
		await this.kamailio.stop()
	}

	async #fallAsleep(): Promise<void> {
		const word = this.mode === 1 ? { unregistered: true } : {}
		const { lines } = await this.phone.handoff({ state: 'background', ...word })
		if (lines[0]?.holder !== 'service') throw new Error(`the service does not hold: ${JSON.stringify(lines)}`)
	}
}

async function softphoneFor(mode: Mode, swaps: boolean, phone: PushPhone): Promise<Softphone> {
	if (mode === 2) return EdgePhone.start(edgePlace(phone))
	return swaps ? SwappingPhone.open() : new BaresipPhone()
}

/** baresip's contacts are the account's name, with a number of its own or without; ours say nothing of the account. */
function isSoftphone(contact: string, username: string): boolean {
	return contact.includes(`sip:${username}-0x`) || contact.includes(`sip:${username}@`)
}

function boundTo(kamailio: Kamailio, username: string): readonly string[] {
	return kamailio.bindings(username).at(-1)?.contacts ?? []
}

function atEdge({ device }: PushPhone): SoftphoneAccount {
	const { username: user, password, domain } = device.identity.sip
	return { user, domain, login: { user, password }, expiresSeconds: 600 }
}

function edgePlace({ device }: PushPhone): EdgePlace {
	const { instanceId, sip } = device.identity
	return { edgePort: Number(/:(\d+)(?:;|$)/.exec(sip.urls.tcp ?? '')?.[1]), instanceId }
}
