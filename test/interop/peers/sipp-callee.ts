import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startScriptedCaller } from '@vigil/testkit'
import { freePort } from './free-port.ts'
import type { SippResult } from './sipp.ts'

export interface SippCallee {
	/** Resolves when its one call is over; `ok` when all of the scenario came to pass. */
	readonly done: Promise<SippResult>
}

interface SippCalleeOptions {
	/** `callee` checks that an account calls it; `desk` takes any call, `answerAfterMs` after it has begun to ring. */
	readonly scenario?: 'callee' | 'desk'
	readonly answerAfterMs?: number
}

/** A real SIPp that takes one call for `user` of a SIP server on 127.0.0.1, where it is registered. */
export async function sippCallee(
	user: string,
	password: string,
	serverPort: number,
	{ scenario: name = 'callee', answerAfterMs = 100 }: SippCalleeOptions = {},
): Promise<SippCallee> {
	const port = await freePort()
	const folder = await mkdtemp(join(tmpdir(), 'vigil-sipp-'))
	const scenario = fileURLToPath(new URL(`../sipp/${name}.xml`, import.meta.url))
	const args = [
		...['-sf', scenario, '-i', '127.0.0.1', '-p', String(port), '-m', '1', '-t', 'u1', '-nostdin'],
		...['-d', String(answerAfterMs)],
		...['-timeout', '60s', '-timeout_error', '-trace_err', '-error_file', join(folder, 'errors.log')],
		...['-trace_msg', '-message_file', join(folder, 'messages.log')],
	]
	const child = spawn('sipp', args, { cwd: folder, stdio: 'ignore' })
	const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
	await register(user, password, serverPort, `sip:${user}@127.0.0.1:${port}`)
	return { done: ended.then((code) => resultOf(code, folder)) }
}

/** SIPp takes calls only; its Contact is registered for it. */
async function register(user: string, password: string, port: number, contact: string): Promise<void> {
	const aor = `sip:${user}@pbx.test`
	const server = { transport: 'udp', host: '127.0.0.1', port } as const
	const registrant = await startScriptedCaller({ uri: aor, server, credentials: { username: user, password } })
	const headers = [
		['Contact', `<${contact}>`],
		['Expires', '300'],
	] as const
	const { status } = await registrant.send('REGISTER', aor, headers)
	await registrant.close()
	if (status !== 200) throw new Error(`the contact of SIPp was refused: ${status}`)
}

async function resultOf(code: number | null, folder: string): Promise<SippResult> {
	const texts = await Promise.all(
		['errors.log', 'messages.log'].map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
	)
	await rm(folder, { recursive: true, force: true })
	return { ok: code === 0, output: texts.join('\n') }
}
