import { lookup } from 'node:dns/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeEmbeddedPostgres } from '@vigil/postgres'
import { classifyAddress, createLogger, realClock } from '@vigil/runtime'
import { DemoSipServer } from '../demo-world/demo-sip-server.ts'
import { DemoTenant } from '../demo-world/demo-tenant.ts'
import { DemoPushProvider } from '../demo-world/push-provider.ts'
import { Platform } from '../platform/platform.ts'
import { readSettings } from '../settings.ts'
import { DEMO_HELP, type DemoOptions, parseDemoOptions, UsageError } from './demo-options.ts'
import { DemoOutput } from './demo-output.ts'
import { type DemoCaller, MAIN_JOB, playStory } from './demo-story.ts'

const DEMO_USER = { user: 'alice', password: 'demo-password' }

type CleanUp = (() => Promise<unknown>)[]

async function main(): Promise<number> {
	const options = parseDemoOptions(process.argv.slice(2))
	if (!options) {
		process.stdout.write(`${DEMO_HELP}\n`)
		return 0
	}
	const output = new DemoOutput(options.json)
	const cleanUp: CleanUp = []
	const stop = () => void runAll(cleanUp).then(() => process.exit(130))
	process.once('SIGINT', stop).once('SIGTERM', stop)
	try {
		await play(options, output, cleanUp)
		const missing = MAIN_JOB.filter((name) => !output.events.some(({ event }) => event === name))
		if (missing.length > 0) throw new Error(`not on the timeline: ${missing.join(', ')}`)
		output.result(true, figures(output))
		return 0
	} catch (error) {
		output.result(false, { reason: error instanceof Error ? error.message : String(error) })
		return 1
	} finally {
		await runAll(cleanUp)
	}
}

async function play(options: DemoOptions, output: DemoOutput, cleanUp: CleanUp): Promise<void> {
	output.event({ event: 'demo.starting', ms: 0 })
	const startedAt = realClock.now()
	const platform = await startPlatform(cleanUp, await egressOf(options))
	const pushes = await DemoPushProvider.start()
	platform.egress.ownDemo(pushes.server)
	cleanUp.unshift(() => pushes.close())
	const { account, caller } = await upstream(options, platform, cleanUp)
	const tenant = await DemoTenant.create(platform.addresses, pushes)
	const { id: accountId } = await tenant.addAccount(account)
	const phone = await tenant.addPhone(accountId)
	cleanUp.unshift(() => phone.close())
	output.event({
		event: 'demo.ready',
		ms: Math.round(realClock.now() - startedAt),
		account: `${account.username}@${account.domain}`,
	})
	await playStory({ tenant, accountId, phone, caller, output, waitMs: options.waitMs })
}

/** The server that is named on the command line is the operator's word, wherever it is. */
async function egressOf({ registrar }: DemoOptions): Promise<string | undefined> {
	const { VIGIL_EGRESS } = process.env
	if (VIGIL_EGRESS !== undefined || !registrar) return VIGIL_EGRESS
	const host = registrar.domain.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
	const found = await lookup(host, { all: true }).catch(() => [])
	const isHere = found.some(({ address }) => classifyAddress(address)?.class === 'loopback')
	return isHere ? 'lan,127.0.0.0/8,::1' : undefined
}

async function startPlatform(cleanUp: CleanUp, egress: string | undefined): Promise<Platform> {
	const stateDir = await mkdtemp(join(tmpdir(), 'vigil-demo-'))
	cleanUp.unshift(() => rm(stateDir, { recursive: true, force: true }))
	const { DATABASE_URL, REDIS_URL, VIGIL_LOG_LEVEL } = process.env
	const ephemeral = {
		VIGIL_API_PORT: '0',
		VIGIL_OPERATIONS_PORT: '0',
		VIGIL_EDGE_WS_PORT: '0',
		VIGIL_EDGE_SIP_PORT: '0',
		VIGIL_UPSTREAM_PORT: '0',
	}
	const settings = readSettings({
		DATABASE_URL,
		REDIS_URL,
		VIGIL_LOG_LEVEL,
		VIGIL_STATE_DIR: stateDir,
		VIGIL_EGRESS: egress,
		...ephemeral,
	})
	const platform = new Platform(settings, realClock, createLogger(settings.logLevel, 'demo'))
	if (DATABASE_URL === undefined) cleanUp.unshift(() => removeEmbeddedPostgres({ stateDir }))
	cleanUp.unshift(() => platform.lifecycle.stop())
	await platform.lifecycle.start()
	return platform
}

async function upstream(options: DemoOptions, { egress }: Platform, cleanUp: CleanUp) {
	if (options.registrar) {
		const { user, password, domain, transport } = options.registrar
		return { account: { username: user, password, domain, transport }, caller: undefined }
	}
	const server = await DemoSipServer.start({ [DEMO_USER.user]: DEMO_USER.password })
	cleanUp.unshift(() => server.close())
	egress.ownDemo(server.registrar)
	const account = {
		username: DEMO_USER.user,
		password: DEMO_USER.password,
		domain: server.domain,
		transport: 'udp' as const,
	}
	return { account, caller: await demoCaller(server, cleanUp) }
}

async function demoCaller(server: DemoSipServer, cleanUp: CleanUp): Promise<DemoCaller> {
	const caller = await server.caller()
	cleanUp.unshift(() => caller.close())
	let call: Awaited<ReturnType<DemoSipServer['dial']>> | undefined
	return {
		call: async () => {
			call = await server.dial(caller, DEMO_USER.user)
			const response = await call.final({ deadlineMs: 60_000 })
			if (response.status >= 300) throw new Error(`the caller was refused with ${response.status} ${response.reason}`)
		},
		hangUp: async () => {
			await call?.bye()
		},
	}
}

/** The two latencies that the service answers for: everything else is the phone's or the network's. */
function figures(output: DemoOutput): Record<string, number | undefined> {
	const at = (name: string) => output.events.find(({ event }) => event === name)?.ms
	const between = (from: string, to: string) => {
		const [a, b] = [at(from), at(to)]
		return a === undefined || b === undefined ? undefined : Math.round((b - a) * 100) / 100
	}
	return {
		inviteToPushMs: between('invite.received', 'push.sent'),
		attachToInviteMs: between('device.attached', 'invite.forwarded'),
	}
}

async function runAll(cleanUp: CleanUp): Promise<void> {
	for (let step = cleanUp.shift(); step; step = cleanUp.shift()) await step().catch(() => {})
}

try {
	process.exitCode = await main()
} catch (error) {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
	process.exitCode = error instanceof UsageError ? 2 : 1
}
