import type { Cores } from '../run/cores.ts'
import { pause } from '../run/pause.ts'
import type { RunScope } from '../run/run-scope.ts'
import { type KamailioProcess, startKamailio } from './kamailio-process.ts'
import { REALM } from './registrar.ts'

/** The table in db_text's form, without rows: the module does nothing without one. */
const TABLES = {
	version: 'table_name(string) table_version(int)\nuacreg:5\n',
	uacreg:
		'id(int,auto) l_uuid(string) l_username(string) l_domain(string) r_username(string) r_domain(string) realm(string) auth_username(string) auth_password(string) auth_ha1(string) auth_proxy(string) expires(int) flags(int) reg_delay(int) contact_addr(string) socket(string) \n',
} as const

const BASE_MEGABYTES = 128
/** What it takes for each account while all of them register at once. */
const BURST_BYTES = 28_000
const CALLS_AT_ONCE = 32
const NOT_SET = '.'

export interface PeerAccounts {
	readonly count: number
	/** `host:port` of the registrar. */
	readonly domain: string
	readonly password: string
	readonly expiresSeconds: number
	/** Adds so many a second; as fast as it takes them unless given. */
	readonly perSecond?: number
}

/** Kamailio's uac module as the client: what a telephony engineer would hold registrations with. */
export class UacPeer {
	/** It looks this often for what is due, and refreshes this much and three seconds before the end (its own rule). */
	static readonly REFRESHES_BEFORE_END_SECONDS = 4
	readonly #kamailio: KamailioProcess

	private constructor(kamailio: KamailioProcess) {
		this.#kamailio = kamailio
	}

	static async start(scope: RunScope, accounts: number, cores: Cores): Promise<UacPeer> {
		const sharedMegabytes = BASE_MEGABYTES + Math.ceil((accounts * BURST_BYTES) / 2 ** 20)
		const placed = { side: 'client', cores } as const
		return new UacPeer(await startKamailio(scope, { config: './uac.cfg', files: TABLES, sharedMegabytes, ...placed }))
	}

	pids(): number[] {
		return this.#kamailio.pids()
	}

	async add(accounts: PeerAccounts): Promise<void> {
		const startedAt = performance.now()
		let next = 0
		const addOneAfterTheOther = async () => {
			for (let index = next++; index < accounts.count; index = next++) {
				if (accounts.perSecond !== undefined) {
					const early = startedAt + (index / accounts.perSecond) * 1000 - performance.now()
					if (early > 0) await pause(early)
				}
				await this.#addOne(accounts, index)
			}
		}
		await Promise.all(Array.from({ length: CALLS_AT_ONCE }, addOneAfterTheOther))
	}

	/** Registers what has been added, and what is added from here on. */
	async activate(): Promise<void> {
		await this.#kamailio.rpc.call('uac.reg_active', [1])
	}

	/** Shared memory in use, and the most that ever was. */
	async memory(): Promise<{ readonly usedBytes: number; readonly peakBytes: number }> {
		const { real_used, max_used } = await this.#kamailio.rpc.call<{ real_used: number; max_used: number }>(
			'core.shmmem',
		)
		return { usedBytes: real_used, peakBytes: max_used }
	}

	stop(): Promise<void> {
		return this.#kamailio.stop()
	}

	async #addOne({ domain, password, expiresSeconds }: PeerAccounts, index: number): Promise<void> {
		const user = `user${index}`
		const local = [user, user, domain]
		const remote = [user, domain, REALM]
		const credential = [user, password, NOT_SET, `sip:${domain}`]
		const [flags, delay] = [0, 0]
		const socket = `udp:127.0.0.1:${this.#kamailio.port}`
		const params = [...local, ...remote, ...credential, expiresSeconds, flags, delay, socket, NOT_SET]
		await this.#kamailio.rpc.call('uac.reg_add', params)
	}
}
