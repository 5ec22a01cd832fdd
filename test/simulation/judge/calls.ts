import type { PlacedCall } from '../world/outgoing-invite.ts'
import { WAKE_WITHIN_MS } from '../world/services.ts'
import type { Line, World } from '../world/world.ts'
import type { Evidence } from './evidence.ts'

/** What a process that crashed needs, at most, until it works again. */
const DOWN_AT_MOST_MS = 20_000
/** Between the answer of the edge to a REGISTER and the INVITE that follows: three hops, and what is lost on each comes again. */
const ON_THE_WAY_MS = 5000

/** Calls that the service has taken and never answered. A process that crashed answers no more. */
export function lostCalls(world: World, evidence: Evidence): readonly string[] {
	return world.calls.flatMap((call) => {
		const { callId, user, final, placedAtMs } = call
		if (final === undefined) return [`the call ${callId} of ${user} has had no final answer`]
		const worker = workerOf(world, lineOf(world, user))
		if (final !== 'timeout' || evidence.crashedBetween([worker], placedAtMs, Number.POSITIVE_INFINITY)) return []
		const came = cameAtMs(evidence, callId, worker) !== undefined
		const answered = evidence.wire.sent.some((message) => {
			const { status = 0 } = message
			return (
				status >= 200 &&
				message.from.startsWith(`${worker}:`) &&
				message.callId === callId &&
				message.method === 'INVITE'
			)
		})
		return came && !answered ? [`the call ${callId} of ${user} was taken and never answered`] : []
	})
}

/** Phones that attached in time and did not ring, and phones that rang more than once for a call. */
export function unrungCalls(world: World, evidence: Evidence): readonly string[] {
	return world.calls.flatMap((call) => {
		const line = lineOf(world, call.user)
		const phone = world.lines.indexOf(line)
		const rings = evidence.rang.filter((ring) => ring.phone === phone && ring.callId === call.callId)
		// What went down with an edge or a worker is begun anew where the caller still asks, and so it is with an app that has ended.
		const services = [workerOf(world, line), ...world.edges.map(({ process }) => process.address)]
		const lastMs = rings.at(-1)?.atMs ?? 0
		const hasEnded = evidence.ended.some(
			(one) => one.phone === phone && one.atMs >= call.placedAtMs && one.atMs < lastMs,
		)
		const mayRepeat = hasEnded || evidence.crashedBetween(services, call.placedAtMs, lastMs)
		if (rings.length > 1 && !mayRepeat) return [`phone ${phone} rang ${rings.length} times for the call ${call.callId}`]
		return rings.length === 0 && mustRing(world, evidence, call, line)
			? [`phone ${phone} attached in time and did not ring for the call ${call.callId}, which ended by ${call.final}`]
			: []
	})
}

function mustRing(world: World, evidence: Evidence, call: PlacedCall, line: Line): boolean {
	const { callId, placedAtMs } = call
	const phone = world.lines.indexOf(line)
	const endMs = Math.min(call.finalAtMs ?? Number.POSITIVE_INFINITY, placedAtMs + WAKE_WITHIN_MS)
	const services = [workerOf(world, line), ...world.edges.map(({ process }) => process.address)]
	if (call.cancelled || evidence.crashedBetween(services, placedAtMs - DOWN_AT_MOST_MS, endMs)) return false
	const knownSinceMs = cameAtMs(evidence, callId, workerOf(world, line)) ?? Number.POSITIVE_INFINITY
	const attach = evidence.attached.find((one) => {
		return one.phone === phone && one.atMs > knownSinceMs && one.atMs + ON_THE_WAY_MS < endMs
	})
	if (!attach) return false
	const isGone = evidence.ended.some(({ phone: who, atMs }) => {
		return who === phone && atMs >= attach.atMs && atMs <= attach.atMs + ON_THE_WAY_MS
	})
	// What the network has lost each time, by UDP, is nobody's fault.
	const wasSent = evidence.wire.sent.some(({ status, method, callId: id, to }) => {
		return status === undefined && method === 'INVITE' && id === callId && to.startsWith('10.3.')
	})
	return !isGone && !wasSent
}

/** When the worker heard of the call; undefined where the network has lost every INVITE. */
function cameAtMs({ wire }: Evidence, ofCall: string, worker: string): number | undefined {
	return wire.arrived.find(({ status, method, callId, to }) => {
		return status === undefined && method === 'INVITE' && callId === ofCall && to.startsWith(`${worker}:`)
	})?.atMs
}

function lineOf({ lines }: World, user: string): Line {
	const line = lines.find((one) => one.user === user)
	if (!line) throw new Error(`there is no line of ${user}`)
	return line
}

function workerOf({ workers }: World, { server }: Line): string {
	return workers[server]?.process.address ?? ''
}
