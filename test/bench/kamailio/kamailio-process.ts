import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../interop/peers/free-port.ts'
import { processTree } from '../measure/process-cpu.ts'
import type { Cores, Side } from '../run/cores.ts'
import { endProcess } from '../run/end-process.ts'
import type { RunScope } from '../run/run-scope.ts'
import { KamailioRpc } from './kamailio-rpc.ts'

export interface KamailioOptions {
	/** File beside this one; `@NAME@` in it is replaced by `values.NAME`, `PORT`, `RPC_PORT` and `FOLDER`. */
	readonly config: string
	readonly values?: Readonly<Record<string, string>>
	/** Shared memory; only what is used is taken from the machine. */
	readonly sharedMegabytes: number
	/** Further files for the folder, by name. */
	readonly files?: Readonly<Record<string, string>>
	readonly side: Side
	readonly cores: Cores
	/** SIP port; a free one unless given. */
	readonly port?: number
}

const START_WITHIN_MS = 30_000
const STOP_WITHIN_MS = 20_000
const PRIVATE_MEGABYTES = 16

/** A running Kamailio of our own, on loopback, with its RPC. */
export interface KamailioProcess {
	readonly port: number
	readonly rpc: KamailioRpc
	/** Every process of it. */
	pids(): number[]
	stop(): Promise<void>
}

/** Starts Kamailio and waits until it answers. Throws with its own words when it does not. */
export async function startKamailio(scope: RunScope, options: KamailioOptions): Promise<KamailioProcess> {
	const folder = await scope.folder('kamailio')
	const port = options.port ?? (await freePort())
	const rpcPort = await freePort()
	for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(folder, name), text)
	const template = await readFile(new URL(options.config, import.meta.url), 'utf8')
	const values = { ...options.values, PORT: String(port), RPC_PORT: String(rpcPort), FOLDER: folder }
	const config = join(folder, 'kamailio.cfg')
	await writeFile(config, filledIn(template, values))
	const memory = ['-m', String(options.sharedMegabytes), '-M', String(PRIVATE_MEGABYTES)]
	const command = ['kamailio', '-f', config, '-DD', '-E', ...memory, '-Y', folder, '-w', folder] as const
	const [file, ...args] = options.cores.on(options.side, command)
	const child = spawn(file, args, {
		stdio: ['ignore', 'ignore', 'pipe'],
		detached: true,
	})
	const rpc = new KamailioRpc(rpcPort)
	let stopping: Promise<void> | undefined
	const stop = () => {
		stopping ??= endProcess(child, STOP_WITHIN_MS).finally(() => rpc.close())
		return stopping
	}
	scope.defer(stop)
	await answering(child, rpc)
	return { port, rpc, pids: () => processTree(child.pid ?? 0), stop }
}

function filledIn(template: string, values: Readonly<Record<string, string>>): string {
	return template.replace(/@([A-Z_]+)@/g, (_, name: string) => values[name] ?? '')
}

async function answering(child: ChildProcess, rpc: KamailioRpc): Promise<void> {
	let log = ''
	child.stderr?.setEncoding('utf8').on('data', (text: string) => {
		log = `${log}${text}`.slice(-4000)
	})
	const failed = new Promise<never>((_, reject) => {
		child.once('error', (error) => reject(new Error(`kamailio cannot be run: ${error.message}`)))
		child.once('exit', () => reject(new Error(`kamailio ended:\n${log}`)))
		setTimeout(() => reject(new Error(`kamailio does not answer:\n${log}`)), START_WITHIN_MS).unref()
	})
	failed.catch(() => {})
	const ready = rpc.call('core.uptime')
	ready.catch(() => {})
	await Promise.race([ready, failed])
}
