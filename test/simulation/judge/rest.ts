import type { World } from '../world/world.ts'

/** What is left when nothing happens any more. */
export function leftAtRest(world: World): readonly string[] {
	const left: string[] = []
	for (const { service, process } of world.workers) {
		if (!service) {
			left.push(`the worker at ${process.address} does not run`)
			continue
		}
		const { calls, heldCalls, outgoingCalls, upstreamSip } = service.snapshot()
		const { serverTransactions = 0 } = upstreamSip
		const counts = { calls, heldCalls, outgoingCalls, serverTransactions }
		for (const [what, count] of Object.entries(counts)) {
			if (count > 0) left.push(`the worker at ${process.address} has ${count} ${what} left`)
		}
	}
	for (const { service, process } of world.edges) {
		if (!service) left.push(`the edge at ${process.address} does not run`)
		else if (service.attachedDevices > 0) {
			left.push(`the edge at ${process.address} has ${service.attachedDevices} attached devices left`)
		}
	}
	for (const { user, server, phone } of world.lines) {
		if (phone.awake) left.push(`the phone of ${user} is awake`)
		const bound = world.servers[server]?.bindingsOf(user).length ?? 0
		if (bound !== 1) left.push(`${bound} contacts of ${user} are bound while its phone sleeps`)
	}
	return left
}
