import { BlockList, isIP } from 'node:net'
import type { InviteSource, StatedTenantLimits, TenantId, TenantRules, TenantSettingsStore } from '@vigil/domain'
import type { Clock, Logger, TimerHandle } from '@vigil/runtime'

/** What holds for the accounts of one tenant. */
export interface TenantRule {
	readonly inviteSource: InviteSource
	/** Networks that calls may come from beside the SIP server's. */
	readonly networks: BlockList
	/** Limits of its own. */
	readonly limits?: StatedTenantLimits | undefined
}

const DEFAULT_RULE: TenantRule = { inviteSource: 'any', networks: new BlockList() }

/** Where tenants want INVITEs to be taken from, and their limits, in memory: calls ring while the database is away. */
export class RulesOfTenants {
	readonly #source: Pick<TenantSettingsStore, 'rules'> | undefined
	readonly #clock: Clock
	readonly #logger: Logger
	#rules: ReadonlyMap<TenantId, TenantRule> = new Map()
	#reading: Promise<void> | undefined
	#isStale = false
	#sweep: TimerHandle | undefined
	#closed = false

	/** Without a source the platform's default holds for every tenant. */
	constructor(source: Pick<TenantSettingsStore, 'rules'> | undefined, clock: Clock, logger: Logger) {
		this.#source = source
		this.#clock = clock
		this.#logger = logger
	}

	of(tenantId: TenantId): TenantRule {
		return this.#rules.get(tenantId) ?? DEFAULT_RULE
	}

	/** Reads the rules of all tenants. Rejects when the database does not answer. */
	async load(): Promise<void> {
		const stated = (await this.#source?.rules()) ?? new Map<TenantId, TenantRules>()
		this.#rules = new Map([...stated].map(([id, rules]) => [id, ruleOf(rules)]))
	}

	/** Reads them anew; asked again meanwhile, once more after that. The sweep makes up for a failure. */
	refresh(): void {
		this.#isStale = true
		this.#reading ??= this.#readWhileStale().finally(() => {
			this.#reading = undefined
			if (this.#isStale && !this.#closed) this.refresh()
		})
	}

	/** Reads them again and again, for signals that were lost. */
	startSweep(everyMs: number): void {
		if (this.#closed || !this.#source) return
		this.#sweep = this.#clock.setTimer(everyMs, () => {
			this.refresh()
			this.startSweep(everyMs)
		})
	}

	close(): void {
		this.#closed = true
		if (this.#sweep !== undefined) this.#clock.clearTimer(this.#sweep)
	}

	async #readWhileStale(): Promise<void> {
		while (this.#isStale && !this.#closed) {
			this.#isStale = false
			try {
				await this.load()
			} catch (error) {
				this.#logger.warn({ error: String(error) }, 'settings of tenants not read')
			}
		}
	}
}

function ruleOf({ inviteSource = 'any', inviteNetworks = [], limits }: TenantRules): TenantRule {
	const networks = new BlockList()
	for (const network of inviteNetworks) addNetwork(networks, network)
	return { inviteSource, networks, limits }
}

/** What the API has let through: an address or a prefix. */
function addNetwork(networks: BlockList, network: string): void {
	const [address = '', length] = network.split('/')
	const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
	if (length === undefined) networks.addAddress(address, family)
	else networks.addSubnet(address, Number(length), family)
}
