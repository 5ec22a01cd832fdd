import type { HandoffRequest } from '@vigil/contracts'
import { Kamailio } from '../../interop/peers/kamailio.ts'
import { ScriptedPhone } from '../../world/scripted-phone.ts'
import { startTestPlatform } from '../../world/test-platform.ts'
import type { HandoffOptions } from '../command-line.ts'
import { type Percentiles, percentilesOf } from '../measure/percentiles.ts'
import { type MachineFacts, machineFacts, requireKamailio } from '../run/machine.ts'
import { progress } from '../run/progress.ts'
import { type RunScope, withScope } from '../run/run-scope.ts'

const PASSWORD = 'correct-horse'
/** Code that has not run yet is slower than it ever is again. */
const WARM_UP = 40

interface HandoffReport {
	readonly handoffs: number
	readonly machine: MachineFacts
	/** From the request leaving the device to its answer. */
	readonly answer_ms: Percentiles
	/** What the SIP server took of it, by its own log, from each REGISTER read to its answer written. */
	readonly upstream_ms: Percentiles
	readonly answer_beyond_upstream_ms: Percentiles
	/** By so many devices at a time. */
	readonly devices: number
	readonly handoffs_per_second: number
}

interface Line {
	readonly username: string
	readonly phone: ScriptedPhone
	next: 'background' | 'foreground'
}

/** Milliseconds from a device's handoff to the answer, and handoffs a second, against a real registrar. */
export async function benchHandoff(options: HandoffOptions): Promise<void> {
	requireKamailio()
	await withScope(async (scope) => {
		const { kamailio, lines } = await startLines(scope, options.devices)
		const [first] = lines
		if (!first) throw new Error('no device')
		for (let count = 0; count < WARM_UP; count++) await handOver(first)
		progress(`warmed up; ${options.handoffs} handoffs, one after the other`)
		const times = await oneByOne(first, options.handoffs)
		progress(`${options.handoffs} handoffs by ${lines.length} devices at a time`)
		const perSecond = await sideBySide(lines, options.handoffs)
		print(options, {
			handoffs: options.handoffs,
			machine: machineFacts(),
			...shares(times, kamailio, first.username),
			devices: lines.length,
			handoffs_per_second: Math.round(perSecond),
		})
	})
}

async function startLines(scope: RunScope, count: number) {
	const platform = await startTestPlatform({
		VIGIL_DEVICE_REQUESTS_PER_SECOND: '10000',
		VIGIL_TENANT_REQUESTS_PER_SECOND: '10000',
	})
	scope.defer(() => platform.close())
	const kamailio = await Kamailio.start({ password: PASSWORD })
	scope.defer(() => kamailio.stop())
	const lines: Line[] = []
	for (let index = 0; index < count; index++) {
		const username = `user${index}`
		const domain = `127.0.0.1:${kamailio.port}`
		const account = await platform.tenant.addAccount({ username, domain, password: PASSWORD, transport: 'udp' })
		const phone = await ScriptedPhone.enrol(platform, account.id, { wakes: false })
		scope.defer(() => phone.close())
		const line: Line = { username, phone, next: 'background' }
		await handOver(line)
		lines.push(line)
	}
	return { kamailio, lines }
}

/** To the other side, with a REGISTER upstream that the answer waits for either way. */
async function handOver(line: Line): Promise<void> {
	const isLeaving = line.next === 'background'
	const request: Omit<HandoffRequest, 'state'> = isLeaving ? {} : { registered: true }
	const answer = await line.phone.handoff(line.next, request)
	const holder = answer.lines[0]?.holder
	if (holder !== (isLeaving ? 'service' : 'device')) throw new Error(`${line.next}, and the holder is ${holder}`)
	line.next = isLeaving ? 'foreground' : 'background'
}

interface Handoff {
	readonly startMs: number
	readonly endMs: number
}

async function oneByOne(line: Line, count: number): Promise<Handoff[]> {
	const times: Handoff[] = []
	while (times.length < count) {
		const startMs = epochMs()
		await handOver(line)
		times.push({ startMs, endMs: epochMs() })
	}
	return times
}

async function sideBySide(lines: readonly Line[], count: number): Promise<number> {
	let left = count
	const startMs = epochMs()
	await Promise.all(
		lines.map(async (line) => {
			while (left-- > 0) await handOver(line)
		}),
	)
	return (count * 1000) / (epochMs() - startMs)
}

function shares(times: readonly Handoff[], kamailio: Kamailio, username: string) {
	const registers = kamailio.registers(username)
	const upstream = times.map(({ startMs, endMs }) =>
		registers
			.filter(({ atMs }) => atMs >= startMs && atMs < endMs)
			.reduce((sum, { atMs, answeredAtMs = atMs }) => sum + (answeredAtMs - atMs), 0),
	)
	const answers = times.map(({ startMs, endMs }) => endMs - startMs)
	return {
		answer_ms: percentilesOf(answers),
		upstream_ms: percentilesOf(upstream),
		answer_beyond_upstream_ms: percentilesOf(answers.map((answer, index) => answer - (upstream[index] ?? 0))),
	}
}

/** With fractions, on the clock that the SIP server's log goes by. */
function epochMs(): number {
	return performance.timeOrigin + performance.now()
}

function print({ json }: HandoffOptions, report: HandoffReport): void {
	process.stdout.write(`${json ? JSON.stringify(report) : table(report)}\n`)
}

function table({ handoffs, devices, handoffs_per_second, ...report }: HandoffReport): string {
	const percentiles = (['answer_ms', 'upstream_ms', 'answer_beyond_upstream_ms'] as const).map((name) => {
		const { min, p50, p99, max } = report[name]
		return `${name.padEnd(28)} min ${min}   p50 ${p50}   p99 ${p99}   max ${max}`
	})
	return [`${handoffs} handoffs`, ...percentiles, `${handoffs_per_second} a second by ${devices} devices`].join('\n')
}
