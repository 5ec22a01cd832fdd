/**
 * Folders of rules: no clock, no I/O, nothing by chance, so that a test or a simulation repeats whatever happens in them. The
 * list of biome.json that forbids clocks and timers there must be this one.
 */
export const PURE_ROOMS: readonly string[] = [
	'packages/sip/src',
	'packages/domain/src',
	'services/sip-edge/src/limits',
	'services/sip-edge/src/registrar',
	'services/sip-edge/src/routing',
]

/** Packages that a pure room may import, beside its own. */
export const PURE_PACKAGES: readonly string[] = ['sip', 'domain', 'contracts']

export function isInPureRoom(file: string): boolean {
	return PURE_ROOMS.some((room) => file.startsWith(`${room}/`))
}
