import type { SignalPayload } from '@vigil/contracts'
import type { AccountId, AccountStore, RegistrationStatus } from '@vigil/domain'
import type { Clock, Logger } from '@vigil/runtime'
import type { RegistrationWatch } from './deps.ts'

interface RegistrationSignals {
	subscribe(
		topic: 'registration.changed',
		handler: (payload: SignalPayload<'registration.changed'>) => void | Promise<void>,
	): Promise<() => Promise<void>>
}

interface WatchOptions {
	readonly accounts: Pick<AccountStore, 'status'>
	readonly signals: RegistrationSignals
	readonly clock: Clock
	readonly logger: Logger
	/** How often the stored status is read while somebody waits, for signals that were lost; milliseconds. */
	readonly pollMs?: number
}

const POLL_MS = 250

/** A watch over the stored statuses: woken by signals, and by a slow poll where a signal is lost. */
export interface StoredRegistrationWatch extends RegistrationWatch {
	/** Stops listening; those who wait get undefined at their deadline. */
	close(): Promise<void>
}

/** Starts to listen for changes of registrations. */
export async function watchRegistrations(options: WatchOptions): Promise<StoredRegistrationWatch> {
	const { accounts, clock, logger, pollMs = POLL_MS } = options
	const waiting = new Map<string, Set<() => void>>()
	const unsubscribe = await options.signals.subscribe('registration.changed', ({ accountId }) => {
		for (const look of waiting.get(accountId) ?? []) look()
	})
	return {
		waitForStatus: ({ id: accountId, tenantId }, accountVersion, predicate, timeoutMs) =>
			waitForOne({
				clock,
				pollMs,
				timeoutMs,
				read: async () => {
					const status = await accounts.status(tenantId, accountId)
					return matches(status, accountVersion, predicate) ? status : undefined
				},
				onReadError: (error) => logger.warn({ err: error, accountId }, 'could not read a registration status'),
				listen: (look) => listen(waiting, accountId, look),
			}),
		onChange: (accountId, look) => listen(waiting, accountId, look),
		close: unsubscribe,
	}
}

function matches(
	status: RegistrationStatus | undefined,
	accountVersion: number,
	predicate: (status: RegistrationStatus) => boolean,
): boolean {
	return status !== undefined && status.accountVersion >= accountVersion && predicate(status)
}

function listen(waiting: Map<string, Set<() => void>>, accountId: AccountId, look: () => void): () => void {
	const looks = waiting.get(accountId) ?? new Set()
	waiting.set(accountId, looks.add(look))
	return () => {
		looks.delete(look)
		if (looks.size === 0 && waiting.get(accountId) === looks) waiting.delete(accountId)
	}
}

interface Wait {
	readonly clock: Clock
	readonly pollMs: number
	readonly timeoutMs: number
	/** The status that is waited for, if it is there. */
	read(): Promise<RegistrationStatus | undefined>
	onReadError(error: unknown): void
	listen(look: () => void): () => void
}

async function waitForOne(wait: Wait): Promise<RegistrationStatus | undefined> {
	const { clock } = wait
	const deadlineMs = clock.now() + wait.timeoutMs
	let nudged = Promise.withResolvers<void>()
	const stopListening = wait.listen(() => nudged.resolve())
	try {
		for (;;) {
			// Armed before reading, so that a change between the reading and the waiting is not missed.
			nudged = Promise.withResolvers<void>()
			const found = await readOnce(wait)
			const leftMs = deadlineMs - clock.now()
			if (found !== undefined || leftMs <= 0) return found
			const timer = clock.setTimer(Math.min(wait.pollMs, leftMs), nudged.resolve)
			await nudged.promise
			clock.clearTimer(timer)
		}
	} finally {
		stopListening()
	}
}

async function readOnce(wait: Wait): Promise<RegistrationStatus | undefined> {
	try {
		return await wait.read()
	} catch (error) {
		wait.onReadError(error)
		return undefined
	}
}
