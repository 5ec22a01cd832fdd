import { parseArgs } from 'node:util'

export interface DemoOptions {
	readonly json: boolean
	/** A SIP server of one's own in place of the demo's; the call then comes from its side. */
	readonly registrar: ExternalRegistrar | undefined
	/** How long to wait for the call, milliseconds. */
	readonly waitMs: number
}

export interface ExternalRegistrar {
	/** `host` or `host:port`. */
	readonly domain: string
	readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'
	readonly user: string
	readonly password: string
}

export const DEMO_HELP = `Plays the main job: a phone hands over and sleeps, the service registers for it, a call comes,
a push goes out, the phone wakes, answers, talks, and the call ends. Prints the timeline.

npm run demo                          against a SIP server, caller and push provider of its own
npm run demo -- --registrar sip:host[:port][;transport=tcp] --user NAME --password SECRET
                                      against a real SIP server; then call NAME there
options
  --json                              one JSON object a line; the last is {"event":"result","ok":...}
  --wait SECONDS                      how long to wait for the call (10; 120 with --registrar)
  --help                              this text
Exits with 0 only if all of it happened.`

/** A command line that cannot be used; the message is a sentence for its author. */
export class UsageError extends Error {}

/** Reads the command line; undefined when help was asked for. Throws UsageError. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | undefined {
	const values = parse(args)
	if (values.help) return undefined
	const registrar = values.registrar === undefined ? undefined : externalRegistrar(values.registrar, values)
	if (!registrar && (values.user !== undefined || values.password !== undefined)) {
		throw new UsageError('--user and --password belong to --registrar')
	}
	const seconds = Number(values.wait ?? (registrar ? 120 : 10))
	if (!(seconds > 0 && seconds <= 3600)) throw new UsageError('--wait must be a number of seconds from 1 to 3600')
	return { json: values.json ?? false, registrar, waitMs: seconds * 1000 }
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: {
				json: { type: 'boolean' },
				help: { type: 'boolean' },
				registrar: { type: 'string' },
				user: { type: 'string' },
				password: { type: 'string' },
				wait: { type: 'string' },
			},
		}).values
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error))
	}
}

function externalRegistrar(text: string, { user, password }: { user?: string; password?: string }): ExternalRegistrar {
	const match = /^sip:([^;@\s]+)(?:;transport=(udp|tcp|tls|ws|wss))?$/i.exec(text)
	if (!match?.[1]) throw new UsageError('--registrar must be sip:host, sip:host:port or sip:host:port;transport=tcp')
	if (!user || !password) throw new UsageError('--registrar needs --user and --password')
	const transport = (match[2]?.toLowerCase() ?? 'udp') as ExternalRegistrar['transport']
	return { domain: match[1], transport, user, password }
}
