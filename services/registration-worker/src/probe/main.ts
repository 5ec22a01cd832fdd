import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { ProbeReport } from '@vigil/domain'
import { realClock, silentLogger, wellFormedJson, wellFormedText } from '@vigil/runtime'
import { PROBE_HELP, type ProbeCommand, parseProbeOptions, UsageError } from './probe-options.ts'
import { reportText } from './report-text.ts'
import { runProbe } from './run-probe.ts'

async function main(): Promise<number> {
	const command = parseProbeOptions(process.argv.slice(2))
	if (command === undefined) {
		process.stdout.write(`${PROBE_HELP}\n`)
		return 0
	}
	const password = await passwordOf(command)
	const ca = command.caFile === undefined ? undefined : await readFile(command.caFile, 'utf8')
	const interrupted = new AbortController()
	const stop = () => interrupted.abort()
	process.once('SIGINT', stop).once('SIGTERM', stop)
	const { username, domain, authUsername, transport, webSocketPath, outboundProxy, force } = command
	const report = await runProbe(
		{
			username,
			domain,
			transport,
			...(webSocketPath === undefined ? {} : { webSocketPath }),
			...(authUsername === undefined ? {} : { authUsername }),
			...(outboundProxy === undefined ? {} : { outboundProxy }),
			secretFor: () => ({ password }),
		},
		{
			force,
			clock: realClock,
			logger: silentLogger,
			random: { token: (bytes) => randomBytes(bytes).toString('hex') },
			onProgress: (line) => process.stderr.write(`${line}\n`),
			signal: interrupted.signal,
			...(ca === undefined ? {} : { ca }),
		},
	)
	process.stdout.write(
		`${command.json ? wellFormedJson(JSON.stringify(report)) : wellFormedText(reportText(report))}\n`,
	)
	return exitCode(report)
}

function exitCode({ outcome, cleanUp }: ProbeReport): number {
	if (cleanUp === 'left' || cleanUp === 'uncertain') return 4
	return { complete: 0, failed: 1, stopped: 3 }[outcome]
}

async function passwordOf({ passwordFile }: ProbeCommand): Promise<string> {
	const fromEnvironment = process.env.VIGIL_PROBE_PASSWORD
	if (passwordFile === undefined && fromEnvironment !== undefined) return fromEnvironment
	if (passwordFile === undefined && process.stdin.isTTY) process.stderr.write('password, then Ctrl-D: ')
	const given = passwordFile === undefined ? await text(process.stdin) : await readFile(passwordFile, 'utf8')
	const [password = ''] = given.split(/\r?\n/)
	if (password === '')
		throw new UsageError('no password was given: VIGIL_PROBE_PASSWORD, --password-file or standard input')
	return password
}

try {
	process.exitCode = await main()
} catch (error) {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
	process.exitCode = error instanceof UsageError ? 2 : 1
}
