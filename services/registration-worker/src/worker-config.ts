import type { WorkerLimits } from './admission/worker-limits.ts'
import type { PacingLimits } from './pacing/pacer.ts'

/** Where the worker meets the customers' SIP servers, and where the edge reaches it. */
export interface WorkerConfig {
	/** Address that upstream sockets listen on. */
	readonly upstreamHost: string
	/** Address written into Contact; `upstreamHost` when that is a concrete one. */
	readonly upstreamAdvertisedHost: string
	/** Address that further upstream sockets listen on, for servers that are reached by IPv6; none when absent. */
	readonly upstreamHostV6?: string
	/** Address written into Contact for those; `upstreamHostV6` when absent. */
	readonly upstreamAdvertisedHostV6?: string
	/** UDP sockets of each family, on ports that follow each other; accounts are dealt over them for good. Default 1. */
	readonly upstreamSockets?: number
	/** Bounds of what is on its way to SIP servers at a time and in a second. */
	readonly pacing?: Partial<PacingLimits>
	/** Budgets of calls, where they differ from the product's. */
	readonly limits?: Partial<WorkerLimits>
	/** UDP and TCP port of the upstream side; 0 lets the system choose. */
	readonly upstreamPort: number
	/** Address and TCP port that edges reach the worker at; never a public one. */
	readonly internalHost: string
	readonly internalPort: number
	/** Keys the hashes that make Call-IDs, tags and client nonces. */
	readonly identitySecret: string
	/** How long a pushed device has to attach before the caller gets 480. */
	readonly wakeWithinMs: number
	/** How long devices ring before the caller gets 480 (RFC 3261 16.6: timer C must exceed 3 minutes). */
	readonly ringWithinMs: number
	/** How often the accounts are compared with the database, which makes up for lost signals. */
	readonly sweepEveryMs: number
	/**
	 * When a failure at an address where no SIP server has answered is shown to the tenant, whatever it was; default 32 s, when one
	 * that says nothing is given up.
	 */
	readonly unansweredAfterMs?: number
	/** PEM certificates trusted for upstream TLS and WSS, beside the system's. */
	readonly upstreamCa?: string
	/** Name servers asked for SIP servers, as `address` or `address:port`; the system's when absent. */
	readonly dnsServers?: readonly string[]
}

/** The times of a worker that no setting changes. */
export const WORKER_TIMES = {
	/** RFC 3261 16.6: a proxy before us waits more than three minutes for an answer; we give up just after. */
	ringWithinMs: 185_000,
	sweepEveryMs: 30_000,
} as const

/** How long a worker that stops lets calls go on, milliseconds. */
export const CALLS_DRAIN_MS = 8_000
