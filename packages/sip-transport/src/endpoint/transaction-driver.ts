import type { Clock, MachineDriver } from '@vigil/runtime'
import type { SipMessage, TransactionEffect, TransactionInput, TransactionMachine, TransactionTimers } from '@vigil/sip'

/** What a transaction wants of the world around it. */
export interface TransactionWorld {
	transmit(message: SipMessage): void
	deliver(message: SipMessage): void
	failed(cause: 'timeout' | 'transport'): void
	/** It is over: its runner is to be stopped. */
	terminated(): void
	/** A message could not be sent, and nobody waits for that: a timer, or an answer given within a callback, brought it about. */
	unsent(error: unknown): void
}

/** Runs one of the four machines. What cannot be sent counts as never given: a server transaction may then get another response. */
export function transactionDriver<State extends TransactionTimers>(
	step: TransactionMachine<State>['step'],
	clock: Clock,
	world: TransactionWorld,
): MachineDriver<State, TransactionInput, TransactionEffect> {
	const execute = (effect: TransactionEffect): void => carryOut(effect, world)
	return { clock, isAtomic: true, step, execute, failed: (error) => world.unsent(error) }
}

function carryOut(effect: TransactionEffect, world: TransactionWorld): void {
	switch (effect.type) {
		case 'transmit':
			world.transmit(effect.message)
			break
		case 'deliver':
			world.deliver(effect.message)
			break
		case 'failed':
			world.failed(effect.cause)
			break
		case 'terminated':
			world.terminated()
			break
	}
}
