import { parseArgs } from 'node:util'

export interface RegistrationsOptions {
	readonly command: 'registrations'
	readonly accounts: number
	/** Refreshes a second. */
	readonly rate: number
	readonly peer: 'kamailio' | undefined
	/** Options for the Node of the worker that is measured. */
	readonly nodeOptions: readonly string[]
	/** Whether the registrar is restarted under the accounts at the end. */
	readonly restart: boolean
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
	readonly json: boolean
}

export interface LatencyOptions {
	readonly command: 'push' | 'attach'
	readonly calls: number
	readonly json: boolean
}

export type BenchOptions = RegistrationsOptions | CeilingOptions | LatencyOptions

/** A command line that cannot be used; the message is a sentence for its author. */
export class UsageError extends Error {}

export const BENCH_HELP = `Measures the service on this machine, over loopback. Progress goes to standard error, results to standard output.

npm run bench -- registrations   the registration worker against a Kamailio registrar: CPU, time, memory
  --accounts N                     how many (default 10000, at most 2000000)
  --rate R                         refreshes a second in the steady part (default 1000)
  --peer kamailio                  Kamailio's uac module does the same accounts (at most 100000) in the same run
  --restart                        the registrar is restarted at the end: how soon and how fast all come back
  --node-option OPTION             an option for the worker's Node, as in --node-option=--cpu-prof; may be repeated
npm run bench -- ceiling         the least that Node can do a refresh with: one socket, strings, a cached nonce
  --accounts N                     how many (default 2000)
  --seconds S                      how long (default 10)
  --rate R                         refreshes a second (default: as many as are answered)
  --tick MS                        with --rate: what is due is sent every so many milliseconds (default 5)
npm run bench -- push            INVITE in -> push request on the wire, on a whole platform in one process
npm run bench -- attach          REGISTER of a device in -> INVITE out to it, likewise
  --calls N                        how many calls (default 200)
options of all of them
  --json                           one object on the last line
  --help                           this text
registrations and ceiling need Kamailio (5.6 or later) installed.`

const OPTIONS = {
	accounts: { type: 'string' },
	rate: { type: 'string' },
	peer: { type: 'string' },
	'node-option': { type: 'string', multiple: true },
	restart: { type: 'boolean' },
	seconds: { type: 'string' },
	tick: { type: 'string' },
	calls: { type: 'string' },
	json: { type: 'boolean' },
	help: { type: 'boolean' },
} as const

type OptionName = keyof typeof OPTIONS

const OF_COMMAND: Readonly<Record<string, readonly OptionName[]>> = {
	registrations: ['accounts', 'rate', 'peer', 'restart', 'node-option'],
	ceiling: ['accounts', 'seconds', 'rate', 'tick'],
	push: ['calls'],
	attach: ['calls'],
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
	const number = (name: 'accounts' | 'rate' | 'seconds' | 'tick' | 'calls', fallback: number, most: number) =>
		wholeNumber(name, values[name], fallback, most)
	const json = values.json ?? false
	if (command === 'push' || command === 'attach') return { command, calls: number('calls', 200, 100_000), json }
	if (command === 'ceiling') {
		const rate = values.rate === undefined ? undefined : number('rate', 0, 50_000)
		const [accounts, seconds] = [number('accounts', 2_000, 50_000), number('seconds', 10, 600)]
		return { command, accounts, seconds, rate, tickMs: number('tick', 5, 1_000), json }
	}
	const peer = peerOf(values.peer)
	return {
		command: 'registrations',
		accounts: number('accounts', 10_000, peer ? MOST_PEER_ACCOUNTS : MOST_ACCOUNTS),
		rate: number('rate', 1_000, 50_000),
		peer,
		nodeOptions: values['node-option'] ?? [],
		restart: values.restart ?? false,
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
