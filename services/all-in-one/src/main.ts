import { ConfigError, createLogger, exitCodeOf, realClock, runProcess, startFailure } from '@vigil/runtime'
import { DemoSipServer } from './demo-world/demo-sip-server.ts'
import { StandingDemo } from './demo-world/standing-demo.ts'
import { Platform } from './platform/platform.ts'
import { readSettings, type Settings } from './settings.ts'
import { startHelp } from './start-help.ts'

/** Starts the platform and, unless it is switched off, the demo beside it; runs until it is asked to stop. */
async function main(args: readonly string[]): Promise<void> {
	if (args.includes('--help')) {
		process.stdout.write(`${startHelp()}\n`)
		return
	}
	if (args.length > 0) throw new ConfigError(`${args[0]} is no option; settings are environment variables, see --help`)
	const settings = readSettings(process.env)
	const platform = new Platform(settings, realClock, createLogger(settings.logLevel, 'vigil'))
	// Accounts of an earlier start are registered at it before it has started.
	if (settings.demo === 'on') platform.egress.ownDemo(DemoSipServer.address(settings.demoSipPort))
	let demo: StandingDemo | undefined
	platform.lifecycle.add({
		name: 'demo',
		start: async () => {
			if (settings.demo === 'on') demo = await StandingDemo.start(settings, platform)
			announce(platform, demo, settings)
		},
		stop: async () => {
			process.stdout.write('\nStopping: calls may finish, registrations stay as they are.\n')
			await demo?.close()
		},
	})
	await runProcess(platform.lifecycle, { clock: realClock })
}

function announce(platform: Platform, demo: StandingDemo | undefined, settings: Settings): void {
	const { api, operations, edge, upstreamPort, adminToken, adminTokenPlace } = platform.addresses
	const lines: (readonly [string, string])[] = [
		['control API', api],
		['API documentation', `${api}/docs`],
		['readiness', `${operations}/readyz`],
		['admin token', adminTokenPlace === undefined ? `${adminToken} (shown this once)` : `in ${adminTokenPlace}`],
		['edge for devices', Object.values(edge).join('  ')],
		['towards SIP servers', `${settings.advertisedHost}:${upstreamPort} (UDP and TCP)`],
		['SIP servers may be in', egressText(settings.egress)],
		['state folder', settings.stateDir],
		...(demo?.lines ?? []),
	]
	const width = Math.max(...lines.map(([what]) => what.length))
	const table = lines.map(([what, value]) => `  ${what.padEnd(width)}  ${value}`).join('\n')
	process.stdout.write(`Vigil runs. Ctrl-C stops it; npm run demo plays a call.\n\n${table}\n`)
}

function egressText(egress: string): string {
	const places: Readonly<Record<string, string>> = {
		internet: 'the internet alone (VIGIL_EGRESS=internet)',
		lan: 'the internet and private networks (VIGIL_EGRESS=lan); set VIGIL_EGRESS=internet where tenants are not your own',
	}
	return places[egress] ?? `${egress} (VIGIL_EGRESS)`
}

try {
	await main(process.argv.slice(2))
} catch (error) {
	process.stderr.write(`${startFailure(error)}\n`)
	process.exitCode = exitCodeOf(error)
}
