import { spawnSync } from 'node:child_process'

/** What the interop tests talk to, and how it is told to be there. */
const PEERS = {
	kamailio: ['kamailio', ['-v']],
	sipp: ['sipp', ['-v']],
	redis: ['redis-server', ['--version']],
	baresip: ['baresip', ['-h']],
	linphonec: ['linphonec', ['-v']],
} as const

export type Peer = keyof typeof PEERS

/**
 * Whether all of these peers are installed. Says on standard error which ones are missing; with
 * `VIGIL_REQUIRE_PEERS=1` a missing one is an error.
 */
export function havePeers(...peers: readonly Peer[]): boolean {
	const missing = peers.filter((peer) => !isInstalled(peer))
	if (missing.length === 0) return true
	const message = `${missing.join(', ')} not installed (infra/peers/install.sh installs the peers)`
	if (process.env.VIGIL_REQUIRE_PEERS === '1') throw new Error(message)
	process.stderr.write(`interop tests skipped: ${message}\n`)
	return false
}

function isInstalled(peer: Peer): boolean {
	const [command, args] = PEERS[peer]
	return spawnSync(command, args, { stdio: 'ignore' }).error === undefined
}
