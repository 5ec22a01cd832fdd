import { spawnSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import type { Cores } from './cores.ts'

/** What the figures were measured on. */
export interface MachineFacts {
	readonly cpu: string
	readonly cores: number
	/** Whether the SIP server had a core of its own; only where a run chooses that. */
	readonly server_core?: 'own' | 'shared'
	readonly memory_gib: number
	readonly kernel: string
	readonly node: string
	readonly kamailio?: string
}

/** `placed` is how the run shared out the cores. */
export function machineFacts(placed?: Cores): MachineFacts {
	const kamailio = kamailioVersion()
	return {
		cpu: cpus()[0]?.model ?? 'unknown',
		cores: cpus().length,
		...(placed === undefined ? {} : { server_core: placed.areShared ? ('shared' as const) : ('own' as const) }),
		memory_gib: Math.round(totalmem() / 2 ** 30),
		kernel: release(),
		node: process.version,
		...(kamailio === undefined ? {} : { kamailio }),
	}
}

/** Version of the installed Kamailio; undefined when there is none. */
function kamailioVersion(): string | undefined {
	const { stdout, error } = spawnSync('kamailio', ['-v'], { encoding: 'utf8' })
	return error ? undefined : /version: kamailio (\S+)/.exec(stdout)?.[1]
}

/** Throws when there is no Kamailio to measure against. */
export function requireKamailio(): void {
	if (kamailioVersion() === undefined) throw new Error('kamailio is not installed (infra/peers/install.sh installs it)')
}
