import { until } from '@vigil/testkit'
import type { CallWorld } from './call-world.ts'

/**
 * One call to a sleeping phone: milliseconds from the INVITE leaving the caller to the push request being read by the
 * push provider, HTTP/2 over TLS between them.
 */
export async function pushLatency({ platform, call, invitedAtMs }: CallWorld): Promise<number> {
	const { requests } = platform.pushes.server
	const before = requests.length
	const placed = call()
	await until(() => requests.length > before, { what: 'a push' })
	const latency = (requests[before]?.atMs ?? Number.NaN) - invitedAtMs()
	await placed.cancel()
	await placed.final()
	return latency
}
