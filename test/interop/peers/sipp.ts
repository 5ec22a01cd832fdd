import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

export interface SippCall {
	readonly scenario: 'answered' | 'cancelled' | 'refused'
	readonly callee: string
	readonly serverPort: number
	readonly transport?: 'udp' | 'tcp'
	/** The refusal that `refused` expects. */
	readonly status?: number
	/** Where SIPp logs its messages as they go; default a file that nobody sees but `output`. */
	readonly messageFile?: string
}

export interface SippResult {
	readonly ok: boolean
	/** SIPp's own words, for a failed assertion. */
	readonly output: string
}

/** One call by a real SIPp; resolves when SIPp has ended, `ok` when its scenario went through. */
export async function sippCall(call: SippCall): Promise<SippResult> {
	const folder = await mkdtemp(join(tmpdir(), 'vigil-sipp-'))
	const source = await readFile(new URL(`../sipp/${call.scenario}.xml`, import.meta.url), 'utf8')
	const scenario = join(folder, 'scenario.xml')
	await writeFile(scenario, source.replaceAll('@STATUS@', String(call.status ?? 480)))
	const port = await freePort()
	const messageFile = call.messageFile ?? join(folder, 'messages.log')
	const args = [
		`127.0.0.1:${call.serverPort}`,
		...['-sf', scenario, '-s', call.callee, '-i', '127.0.0.1', '-p', String(port), '-m', '1', '-l', '1'],
		...['-t', call.transport === 'tcp' ? 't1' : 'u1', '-nostdin', '-timeout', '60s', '-timeout_error'],
		...['-trace_err', '-trace_msg', '-message_file', messageFile],
		...['-error_file', join(folder, 'errors.log')],
	]
	const child = spawn('sipp', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
	let errors = ''
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		errors += text
	})
	const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
	const messages = await readFile(messageFile, 'utf8').catch(() => '')
	await rm(folder, { recursive: true, force: true })
	return { ok: code === 0, output: `${errors}\n${messages}` }
}
