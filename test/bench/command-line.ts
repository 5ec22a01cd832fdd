import { parseArgs } from 'node:util'
import { DEFAULT_PACING } from '@vigil/registration-worker'

export interface RegistrationsOptions {
	readonly command: 'registrations'
	readonly accounts: number
	/** Refreshes a second. */
	readonly rate: number
	/** How long they run before they are measured. */
	readonly warmUpSeconds: number
	/** Registrations that the worker may begin a second. */
	readonly pace: number
	readonly peer: 'kamailio' | undefined
	/** Options for the Node of the worker that is measured. */
	readonly nodeOptions: readonly string[]
	/** Whether the registrar is restarted under the accounts at the end. */
	readonly restart: boolean
	/** Whether the SIP server and who is measured run on the same cores. */
	readonly sharedCores: boolean
	readonly json: boolean
}

export interface CeilingOptions {
	readonly command: 'ceiling'
	readonly accounts: number
	readonly seconds: number
	/** Refreshes a second; as many as are answered unless given. */
	readonly rate: number | undefined
	/** With a rate: milliseconds between the moments at which what is due is sent. */
	readonly tickMs: number
	/** Whether the SIP server and who is measured run on the same cores. */
	readonly sharedCores: boolean
	readonly json: boolean
}

export interface LatencyOptions {
	readonly command: 'push' | 'attach'
	readonly calls: number
	readonly json: boolean
}

export interface HandoffOptions {
	readonly command: 'handoff'
	/** Handoffs one after the other, and at a time. */
	readonly handoffs: number
	readonly devices: number
	readonly json: boolean
}

export interface ModesOptions {
	readonly command: 'modes'
	/** How often the app goes to the foreground and back, in each mode. */
	readonly transitions: number
	/** Calls begun each second. */
	readonly callsPerSecond: number
	readonly modes: readonly Mode[]
	/** Mode 1 changes the holder by one REGISTER. */
	readonly swaps: boolean
	/** Of the moments of the changes. */
	readonly seed: number
	readonly json: boolean
}

export type Mode = 0 | 1 | 2 | 3

export type BenchOptions = RegistrationsOptions | CeilingOptions | LatencyOptions | HandoffOptions | ModesOptions

/** A command line that cannot be used; the message is a sentence for its author. */
export class UsageError extends Error {}

/** The default of the worker's own setting. */
const USUAL_PACE = DEFAULT_PACING.perSecondPerUpstream

export const BENCH_HELP = `Measures the service on this machine, over loopback. Progress goes to standard error, results to standard output.

npm run bench -- registrations   the registration worker against a Kamailio registrar: CPU, time, memory
  --accounts N                     how many (default 20000, at most 2000000)
  --rate R                         refreshes a second in the steady part (default 4000)
  --warm-up S                      so long they come, ours and the peer's, before they are measured (default 60)
  --pace P                         registrations that the worker may begin a second (default ${USUAL_PACE}, that of its setting)
  --peer kamailio                  Kamailio's uac module does the same accounts (at most 100000) in the same run
  --shared-cores                   the registrar is not kept to a core of its own (the last), apart from who is measured
  --restart                        the registrar is restarted at the end: how soon and how fast all come back
  --node-option OPTION             an option for the worker's Node, as in --node-option=--cpu-prof; may be repeated
npm run bench -- ceiling         the least that Node can do a refresh with: one socket, strings, a cached nonce
  --accounts N                     how many (default 2000)
  --seconds S                      how long (default 10)
  --rate R                         refreshes a second (default: as many as are answered)
  --tick MS                        with --rate: what is due is sent every so many milliseconds (default 5)
  --shared-cores                   as above
npm run bench -- push            INVITE in -> push request on the wire, on a whole platform in one process
npm run bench -- attach          REGISTER of a device in -> INVITE out to it, likewise
  --calls N                        how many calls (default 200)
npm run bench -- handoff         a device's handoff -> the answer, beyond what the SIP server takes; handoffs a second
  --handoffs N                     how many, each way of measuring (default 300)
  --devices N                      how many devices at a time for the second figure (default 16)
npm run bench -- modes           an app goes to the foreground and back under constant calls, at the SIP server of each mode
  --transitions N                  how often (default 50)
  --cps R                          calls a second (default 5)
  --modes LIST                     which modes (default 0,1,2,3)
  --without-swap                   mode 1 at a server that is not known to swap contacts by one REGISTER
  --seed S                         chooses the moments of the changes (default: by the clock; printed)
options of all of them
  --json                           one object on the last line
  --help                           this text
registrations, ceiling, handoff and modes need Kamailio (5.6 or later) installed; modes needs SIPp and baresip too. All of
them are installed by infra/peers/install.sh.`

const OPTIONS = {
	accounts: { type: 'string' },
	rate: { type: 'string' },
	'warm-up': { type: 'string' },
	pace: { type: 'string' },
	peer: { type: 'string' },
	'node-option': { type: 'string', multiple: true },
	restart: { type: 'boolean' },
	'shared-cores': { type: 'boolean' },
	seconds: { type: 'string' },
	tick: { type: 'string' },
	calls: { type: 'string' },
	handoffs: { type: 'string' },
	devices: { type: 'string' },
	transitions: { type: 'string' },
	cps: { type: 'string' },
	modes: { type: 'string' },
	'without-swap': { type: 'boolean' },
	seed: { type: 'string' },
	json: { type: 'boolean' },
	help: { type: 'boolean' },
} as const

type OptionName = keyof typeof OPTIONS
type OtherName = 'peer' | 'node-option' | 'restart' | 'shared-cores' | 'modes' | 'without-swap' | 'json' | 'help'
type NumberName = Exclude<OptionName, OtherName>

const OF_COMMAND: Readonly<Record<string, readonly OptionName[]>> = {
	registrations: ['accounts', 'rate', 'warm-up', 'pace', 'peer', 'restart', 'shared-cores', 'node-option'],
	ceiling: ['accounts', 'seconds', 'rate', 'tick', 'shared-cores'],
	push: ['calls'],
	attach: ['calls'],
	handoff: ['handoffs', 'devices'],
	modes: ['transitions', 'cps', 'modes', 'without-swap', 'seed'],
}

const MOST_ACCOUNTS = 2_000_000
const MOST_PEER_ACCOUNTS = 100_000

/** Reads the command line; undefined when help was asked for. Throws UsageError. */
export function parseBenchOptions(args: readonly string[]): BenchOptions | undefined {
	const { values, positionals } = parse(args)
	if (values.help) return undefined
	const [command = ''] = positionals
	const known = OF_COMMAND[command]
	if (!known || positionals.length > 1) {
		throw new UsageError(`say which benchmark: ${Object.keys(OF_COMMAND).join(', ')} (--help tells more)`)
	}
	const stray = (Object.keys(values) as OptionName[]).find((name) => name !== 'json' && !known.includes(name))
	if (stray) throw new UsageError(`--${stray} is no option of ${command}`)
	const number = (name: NumberName, fallback: number, most: number) => wholeNumber(name, values[name], fallback, most)
	const json = values.json ?? false
	const sharedCores = values['shared-cores'] ?? false
	if (command === 'push' || command === 'attach') return { command, calls: number('calls', 200, 100_000), json }
	if (command === 'ceiling') {
		const rate = values.rate === undefined ? undefined : number('rate', 0, 50_000)
		const [accounts, seconds] = [number('accounts', 2_000, 50_000), number('seconds', 10, 600)]
		return { command, accounts, seconds, rate, tickMs: number('tick', 5, 1_000), sharedCores, json }
	}
	if (command === 'handoff') {
		return { command, handoffs: number('handoffs', 300, 100_000), devices: number('devices', 16, 200), json }
	}
	if (command === 'modes') {
		const [transitions, callsPerSecond] = [number('transitions', 50, 10_000), number('cps', 5, 50)]
		const seed = number('seed', 1 + (Date.now() % 1_000_000), 2 ** 31)
		const swaps = values['without-swap'] !== true
		return { command, transitions, callsPerSecond, modes: modesOf(values.modes), swaps, seed, json }
	}
	const peer = peerOf(values.peer)
	return {
		command: 'registrations',
		accounts: number('accounts', 20_000, peer ? MOST_PEER_ACCOUNTS : MOST_ACCOUNTS),
		rate: number('rate', 4_000, 50_000),
		warmUpSeconds: number('warm-up', 60, 600),
		pace: number('pace', USUAL_PACE, 50_000),
		peer,
		nodeOptions: values['node-option'] ?? [],
		restart: values.restart ?? false,
		sharedCores,
		json,
	}
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error))
	}
}

function wholeNumber(name: string, text: string | undefined, fallback: number, most: number): number {
	if (text === undefined) return fallback
	const value = Number(text)
	if (Number.isInteger(value) && value >= 1 && value <= most) return value
	throw new UsageError(`--${name} must be a whole number from 1 to ${most}`)
}

function peerOf(text: string | undefined): 'kamailio' | undefined {
	if (text === undefined || text === 'kamailio') return text
	throw new UsageError('--peer must be kamailio')
}

function modesOf(text = '0,1,2,3'): Mode[] {
	const modes = text.split(',').map((name) => (/^[0-3]$/.test(name) ? (Number(name) as Mode) : undefined))
	if (modes.some((mode) => mode === undefined)) throw new UsageError('--modes must be a list such as 0,2')
	return [...new Set(modes)].filter((mode) => mode !== undefined).sort()
}
