import { type SeededRandom, until } from '@vigil/testkit'
import type { CallsMade } from '../peers/sipp-callers.ts'
import { SippCallers } from '../peers/sipp-callers.ts'
import { gapTransactions, type HolderTimes, holderTimes } from './holders.ts'
import { type LateUnregister, lateUnregisters } from './late-unregisters.ts'
import type { ModeWorld } from './mode-world.ts'

export interface ModeRunOptions {
	/** How often the app goes to the foreground and back. */
	readonly transitions: number
	/** Calls begun each second, all the time. */
	readonly callsPerSecond: number
	/** Chooses the moments of the changes. */
	readonly random: SeededRandom
	onTransition?(done: number): void
}

/** What a run came to; times by the SIP server's clock, bindings by its own record. */
export interface ModeFigures {
	readonly calls: CallsMade
	/** Calls that got no 2xx, with the answer that they got. */
	readonly lost: readonly { readonly callId: string; readonly status: number | undefined }[]
	/** Calls that rang in the softphone and in the app that a push woke. */
	readonly rangTwice: readonly string[]
	readonly holders: HolderTimes
	readonly lateUnregisters: readonly LateUnregister[]
	/** Calls taken by the softphone, and by the app that a push woke. */
	readonly rungInForeground: number
	readonly rungByPush: number
	/** REGISTERs that the server heard while the app went back and forth. */
	readonly registers: number
	/** Most SIP transactions that a moment without a binding took. */
	readonly gapTransactions: number
	/** Mode 2: challenges that a call of the app met, and how many were answered. */
	readonly callOut: { readonly challenged: number; readonly admitted: number } | undefined
}

const PATIENCE_MS = 15_000
/** A change comes at any moment between two calls. */
const LONGEST_PAUSE_MS = 250
const MOST_CALLS_BETWEEN = 3

/** The app goes back and forth while callers call all the time. */
export async function runMode(world: ModeWorld, options: ModeRunOptions): Promise<ModeFigures> {
	const { kamailio, username, softphone, phone, app } = world
	const callers = await SippCallers.start({
		callee: username,
		serverPort: kamailio.port,
		perSecond: options.callsPerSecond,
	})
	const registersBefore = kamailio.registers(username).length
	try {
		await callsTaken(phone, options.random)
		for (let done = 0; done < options.transitions; done++) {
			await app.toForeground()
			await callsTaken(softphone, options.random)
			await app.toBackground()
			await callsTaken(phone, options.random)
			options.onTransition?.(done + 1)
		}
		const callOut = world.mode === 2 ? await callOutOf(world) : undefined
		const calls = await callers.stop()
		return { ...figures(world, calls), registers: kamailio.registers(username).length - registersBefore, callOut }
	} finally {
		await callers.kill()
	}
}

/** Some calls are taken there, then a moment passes. */
async function callsTaken(by: { readonly rung: ReadonlySet<string> }, random: SeededRandom): Promise<void> {
	const enough = by.rung.size + random.integer(1, MOST_CALLS_BETWEEN)
	await until(() => by.rung.size >= enough, {
		deadlineMs: PATIENCE_MS,
		what: () => `${enough} calls taken by ${by.constructor.name}, not ${by.rung.size}`,
	})
	await new Promise((resolve) => setTimeout(resolve, random.integer(0, LONGEST_PAUSE_MS)))
}

async function callOutOf(world: ModeWorld) {
	await world.app.toForeground()
	const proofs = await world.callOut()
	await world.app.toBackground()
	return proofs
}

function figures({ kamailio, username, softphone, phone, mode }: ModeWorld, calls: CallsMade) {
	const [inForeground, byPush] = [softphone.rung, phone.rung]
	return {
		calls,
		lost: calls.made
			.filter((callId) => !calls.answered.has(callId))
			.map((callId) => ({ callId, status: calls.refused.get(callId) })),
		rangTwice: [...inForeground].filter((callId) => byPush.has(callId)),
		holders: holderTimes(kamailio.bindings(username), Date.now()),
		gapTransactions: gapTransactions(kamailio.bindings(username), kamailio.registers(username)),
		lateUnregisters: lateUnregisters(mode, kamailio.registers(username), kamailio.bindings(username)),
		rungInForeground: inForeground.size,
		rungByPush: byPush.size,
	}
}
