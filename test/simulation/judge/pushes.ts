import type { World } from '../world/world.ts'

/** Devices that were pushed more than once for one call. */
export function doublePushes({ pushes }: World): readonly string[] {
	const counts = new Map<string, number>()
	for (const { attempt } of pushes.taken) {
		if (attempt.intent !== 'call') continue
		const key = `${attempt.deviceId} for the call ${attempt.callId}`
		counts.set(key, (counts.get(key) ?? 0) + 1)
	}
	return [...counts].flatMap(([key, count]) => (count > 1 ? [`${count} pushes were taken to ${key}`] : []))
}
