import { parseArgs } from 'node:util'
import type { UpstreamTransport } from '@vigil/domain'

export interface ProbeCommand {
	readonly username: string
	readonly domain: string
	readonly authUsername: string | undefined
	readonly transport: UpstreamTransport
	readonly webSocketPath: string | undefined
	readonly outboundProxy: string | undefined
	readonly passwordFile: string | undefined
	readonly caFile: string | undefined
	readonly force: boolean
	readonly json: boolean
}

export const PROBE_HELP = `vigil probe: finds out how a SIP server treats the bindings of an account, and which registration mode fits.

npm run probe -- --domain HOST[:PORT] --username NAME

Registers twice with test contacts and removes them again. The password is read from VIGIL_PROBE_PASSWORD, from the
file of --password-file, or from standard input; never from the command line.
options
  --domain HOST[:PORT]          domain of the account
  --username NAME               user part of its address
  --auth-username NAME          digest user name where it differs
  --transport udp|tcp|tls|ws|wss  (udp)
  --web-socket-path PATH        of the URL over ws and wss  (/)
  --outbound-proxy HOST[:PORT]  send there in place of the domain
  --password-file FILE          first line of the file
  --ca FILE                     certificates trusted for TLS (PEM), beside the system's
  --force                       go on though others are bound: a server that keeps one binding drops theirs
  --json                        the report as one line of JSON
  --help                        this text
Progress goes to standard error, the report to standard output. Ends with 0 for a whole probe, 1 where the server or the
password did not allow it, 2 for a wrong command line, 3 where it stopped because others are bound or may be, 4 where a
test contact may be left.`

/** A command line that cannot be used; the message is a sentence for its author. */
export class UsageError extends Error {}

const TRANSPORTS: readonly string[] = ['udp', 'tcp', 'tls', 'ws', 'wss'] satisfies UpstreamTransport[]

/** Reads the command line; undefined when help was asked for. Throws UsageError. */
export function parseProbeOptions(args: readonly string[]): ProbeCommand | undefined {
	const values = parse(args)
	if (values.help) return undefined
	const { domain, username, transport = 'udp' } = values
	if (domain === undefined || username === undefined)
		throw new UsageError('--domain and --username are needed; see --help')
	const path = values['web-socket-path']
	if (path !== undefined && !path.startsWith('/')) throw new UsageError('--web-socket-path begins with a slash')
	if (path !== undefined && transport !== 'ws' && transport !== 'wss') {
		throw new UsageError('--web-socket-path is only for --transport ws or wss')
	}
	if (!isTransport(transport)) throw new UsageError(`--transport is one of ${TRANSPORTS.join(', ')}`)
	return {
		username,
		domain,
		authUsername: values['auth-username'],
		transport,
		webSocketPath: values['web-socket-path'],
		outboundProxy: values['outbound-proxy'],
		passwordFile: values['password-file'],
		caFile: values.ca,
		force: values.force ?? false,
		json: values.json ?? false,
	}
}

function isTransport(text: string): text is UpstreamTransport {
	return TRANSPORTS.includes(text)
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: {
				domain: { type: 'string' },
				username: { type: 'string' },
				'auth-username': { type: 'string' },
				transport: { type: 'string' },
				'web-socket-path': { type: 'string' },
				'outbound-proxy': { type: 'string' },
				'password-file': { type: 'string' },
				ca: { type: 'string' },
				force: { type: 'boolean' },
				json: { type: 'boolean' },
				help: { type: 'boolean' },
			},
		}).values
	} catch (error) {
		throw new UsageError(`${error instanceof Error ? error.message : String(error)}; see --help`)
	}
}
