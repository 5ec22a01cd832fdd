import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { FloodOrder, FloodReport } from './send-invites.ts'

const SENDER = fileURLToPath(new URL('./send-invites.ts', import.meta.url))
const OWN_SERVERS_ADDRESS = 1

/** Addresses of the loopback that no SIP server of a test has. */
export function strangersAddresses(count: number): string[] {
	return Array.from({ length: count }, (_, index) => `127.0.0.${OWN_SERVERS_ADDRESS + 10 + index}`)
}

/** Runs the sender in a process of its own, so that who measures is not kept busy by it. */
export async function runFlood(order: FloodOrder): Promise<FloodReport> {
	const { stdout } = await promisify(execFile)(process.execPath, [SENDER, JSON.stringify(order)])
	return JSON.parse(stdout) as FloodReport
}
