import { callTokens, effectiveActivity } from '@vigil/domain'
import { type RegistrarTraits, swapsContacts } from '../scenario/scenario.ts'
import type { Agenda } from '../world/agenda.ts'
import type { Phone } from '../world/phone.ts'
import type { Binding, Cause, Register, Registrar } from '../world/registrar.ts'
import type { Store } from '../world/store.ts'
import type { Outcome, Sent, Worker, WorkerWatch } from '../world/worker.ts'
import { fits } from './fits.ts'
import { Violation } from './violation.ts'

/** From a cause to its effect when nothing goes wrong: signal, turn, REGISTER with challenge, answer, status. */
const REACTION_MS = 3000

export interface Judged {
	readonly agenda: Agenda
	readonly store: Store
	readonly registrar: Registrar
	readonly phones: readonly Phone[]
	readonly worker: () => Worker
	/** Grants of the registrar outlast the lease of a device that dies, and the reaction to its end. */
	readonly grantsOutlastLeases: boolean
	readonly traits: RegistrarTraits
}

/** Looks at every REGISTER that is sent, every change at the registrar and every moment, and throws `Violation`. */
export class Judge implements WorkerWatch {
	/** Something of the service's does not simply work: its last attempt, its process, a signal to it. */
	serviceTrouble = false
	workerSinceMs = 0
	/** When the service asked what is bound, for the binding that it is about to make. */
	#askedMs = Number.POSITIVE_INFINITY
	/** What the service has asked last was answered. */
	#wasTold = true
	/** When a connection of the service's has ended that bindings were known by. */
	#cutMs = Number.NEGATIVE_INFINITY
	/** Phones whose bindings somebody else's removal has ended, at a server that takes it for one of everything. */
	readonly #emptied = new Set<number>()
	/** When a REGISTER or handoff of each phone did not simply work. */
	readonly #troubleMs = new Map<number, number>()
	/** When each phone's last statement counted as foreground. */
	readonly #countedMs = new Map<number, number>()
	readonly #inUse = new Set<number>()
	readonly #judged: Judged
	readonly #cseqs = new Map<string, number>()
	/** There has been a binding that was made under the present mode. */
	#established = false
	#establishedEra = -1
	/** The process of the first swap, by its start: what it has seen of the server ends with it. */
	#triedBySinceMs = Number.NaN

	constructor(judged: Judged) {
		this.#judged = judged
		judged.registrar.onChange = (cause, before) => this.#onChange(cause, before)
	}

	sent(register: Sent, underWay: number): void {
		const { callId, cseq, expiresSeconds, mode } = register
		if (underWay > 0) throw new Violation('one-in-flight', `REGISTER ${cseq} leaves beside another`)
		const last = this.#cseqs.get(callId)
		if (last !== undefined && cseq <= last) throw new Violation('cseq-rises', `${cseq} after ${last} in ${callId}`)
		this.#cseqs.set(callId, cseq)
		if (expiresSeconds === undefined) this.#askedMs = this.#judged.agenda.nowMs
		const isTaken = this.#judged.store.decision() !== 'off' && register.era === this.#judged.store.era
		if (mode === 3 && expiresSeconds === 0 && isTaken) throw new Violation('no-unregister', `REGISTER ${cseq} removes`)
	}

	ended(outcome: Outcome): void {
		if (outcome === 'told' || outcome === 'untold') this.#wasTold = outcome === 'told'
		if (outcome === 'untold' || outcome === 'failed') this.serviceTrouble = true
		if (outcome === 'held') this.serviceTrouble = false
	}

	tooLate(what: string, changed: boolean): void {
		if (changed) throw new Violation('late-answer', `${what} came too late and changed something`)
	}

	/** After each thing that has happened. */
	look(): void {
		this.#lookAtIntents()
		this.#lookForNone()
	}

	#onChange(cause: Cause, before: readonly Binding[]): void {
		const { agenda, registrar, store } = this.#judged
		if (cause === 'connection-end') {
			this.#cutMs = agenda.nowMs
			// What it has left to a device that was to register ends with the connection, and is not made anew.
			if (store.decision() !== 'service') this.serviceTrouble = true
		}
		if (typeof cause === 'string') return
		this.#noteEmptied(cause, before)
		if (cause.era === store.era && (cause.expiresSeconds ?? 0) > 0) {
			this.#established = true
			this.#establishedEra = store.era
		}
		// A removal by a device under the rules of before, at a server where it ends the service's binding too.
		const isForeign = cause.from !== 'service' && cause.expiresSeconds === 0 && cause.era !== store.era
		if (isForeign && this.#judged.traits.ways?.zeroRemoves === 'user') this.#established = false
		const { registrationMode } = store.account.attributes
		if (registrationMode !== 1 || cause.era !== store.era || store.decision() === 'off') return
		if (holdsBoth(registrar.bindings) && !holdsBoth(before)) this.#judgeTwo(cause)
		if (cause.from === 'service') this.#askedMs = Number.POSITIVE_INFINITY
	}

	#noteEmptied({ from, expiresSeconds }: Register, before: readonly Binding[]): void {
		if (expiresSeconds !== 0) return
		for (const { party } of before) {
			if (party !== 'service' && party !== from && !this.#judged.registrar.of(party)) this.#emptied.add(party)
		}
	}

	/** Only what was decided under mode 1 is judged by it, and what could be seen when it was decided. */
	#judgeTwo(cause: Register): void {
		const { registrar, store } = this.#judged
		const others = registrar.bindings.filter((binding) =>
			cause.from === 'service' ? binding.party !== 'service' : binding.party === 'service',
		)
		const counts = others.filter(
			(binding) => (binding.era === store.era || binding.sinceMs <= store.eraSinceMs) && !this.#isUnknowable(binding),
		)
		if (counts.length === 0 || this.#wasSentBefore(cause, counts) || this.#isTrial(cause)) return
		throw new Violation(
			'one-holder',
			`${cause.from === 'service' ? 'the service' : `phone ${cause.from}`} bound beside`,
		)
	}

	/**
	 * The first swap at a server of which nothing is known yet, which takes the first contact alone: beside a binding that no
	 * device lives by any more.
	 */
	#isTrial({ from, removes = [] }: Register): boolean {
		const [replaces] = removes
		const { store, traits } = this.#judged
		if (from !== 'service' || typeof replaces !== 'number' || swapsContacts(traits)) return false
		const device = store.believed()[replaces]
		if (
			store.account.attributes.contactSwap !== undefined ||
			this.#triedBySinceMs === this.workerSinceMs ||
			device === undefined
		)
			return false
		this.#triedBySinceMs = this.workerSinceMs
		return (
			device.activity !== 'foreground' && (device.unregisteredUpstream === true || device.leaseUntilMs !== undefined)
		)
	}

	/**
	 * A REGISTER of a device that no push can wake, on its way when the service found nothing and bound; or one with which such a
	 * device refreshes what somebody else's removal has ended.
	 */
	#wasSentBefore({ from, sentAtMs }: Register, ours: readonly Binding[]): boolean {
		const device = from === 'service' ? undefined : this.#judged.store.devices[from]
		if (from === 'service' || !device || callTokens(device).length > 0) return false
		// Nobody could know of what the registrar forgot and the device binds again.
		const isUnseen = this.#emptied.has(from) || this.#judged.registrar.wasRestarted
		return isUnseen || ours.every(({ sinceMs }) => sentAtMs <= sinceMs)
	}

	/**
	 * A binding of ours that outlasts what the account asks for, because the server or the account wanted more before: a new
	 * process that cannot remove it waits only for what it would have asked for. A device that no push can wake and that
	 * does not say it is registered, where nothing is listed, or that registers after the query for what is bound. What
	 * landed after its sender had given it up. A binding of ours at a server that lists it under a name of its own, which is
	 * anybody's until answers have settled it. What a device that no push can wake binds again, after somebody else's
	 * removal had ended it.
	 */
	#isUnknowable({ party, lastsMs, era, sinceMs }: Binding): boolean {
		const { store, traits } = this.#judged
		if (party === 'service') {
			const isMasked = traits.ways?.shows === 'own-user'
			return isMasked || lastsMs > store.account.attributes.registrationRefreshSeconds * 1000
		}
		const device = store.believed()[party]
		if (!device) return false
		const silent = callTokens(device).length === 0
		if (silent && this.#emptied.has(party)) return true
		const told = traits.lists === 'always' && this.#wasTold
		if (told) return silent && sinceMs >= this.#askedMs
		// It came late, before the change to this mode, from a device that says it has removed its binding.
		if (traits.lists === 'never' && device.unregisteredUpstream && era !== store.era) return true
		const saysSo = device.activity === 'foreground' && device.registeredUpstream
		return silent && !saysSo
	}

	#lookAtIntents(): void {
		const { agenda, store, phones } = this.#judged
		for (const { number, registerTrouble, apiTrouble } of phones) {
			if (registerTrouble || apiTrouble) this.#troubleMs.set(number, agenda.nowMs)
		}
		for (const [number, device] of store.devices.entries()) {
			const isInUse = effectiveActivity(device, agenda.nowMs) === 'foreground'
			// Nothing has happened since the look before: it was in use until now.
			if (isInUse || this.#inUse.has(number)) this.#countedMs.set(number, agenda.nowMs)
			if (isInUse) this.#inUse.add(number)
			else this.#inUse.delete(number)
			const highest = store.highest[number] as number
			if (highest >= 0 && device.sequence !== highest) {
				throw new Violation('last-intent', `phone ${number} has stated ${highest}, ${device.sequence} counts`)
			}
		}
	}

	#lookForNone(): void {
		const { registrar, store, traits } = this.#judged
		const mode = store.account.attributes.registrationMode
		if (this.#establishedEra !== store.era || store.decision() === 'off') this.#established = false
		if (mode === 1 || !fits(mode, traits) || !this.#established || registrar.bindings.length > 0) return
		const excuse = this.#excuse()
		if (excuse === undefined) throw new Violation('never-none', `no binding in mode ${mode}`)
		// Judged again from the next binding on.
		this.#established = false
	}

	/** What makes a moment without a binding impossible to prevent; undefined when nothing does. */
	#excuse(): string | undefined {
		const { agenda, store, phones, worker, grantsOutlastLeases } = this.#judged
		const now = agenda.nowMs
		const { registrationMode } = store.account.attributes
		if (!worker().alive || now - this.workerSinceMs < REACTION_MS) return 'the worker is not there'
		if (this.serviceTrouble) return 'a REGISTER of the service was lost or refused'
		if (now - this.#cutMs < REACTION_MS) return 'the connection of the service was cut'
		for (const phone of phones) {
			const device = store.devices[phone.number]
			if (!device) continue
			const isBack = now - phone.startedAtMs < REACTION_MS
			if (isBack && !grantsOutlastLeases) return `phone ${phone.number} had died`
			if (now - (this.#countedMs.get(phone.number) ?? Number.NEGATIVE_INFINITY) >= REACTION_MS) continue
			if (phone.alive && registrationMode !== 2 && phone.era !== store.era)
				return `phone ${phone.number} does not know yet that the account has changed`
			if (now - (this.#troubleMs.get(phone.number) ?? Number.NEGATIVE_INFINITY) < REACTION_MS) {
				return `phone ${phone.number} has trouble, or had until just now`
			}
			if (!phone.alive && !grantsOutlastLeases) return `phone ${phone.number} has died`
		}
		return undefined
	}
}

function holdsBoth(bindings: readonly Binding[]): boolean {
	return bindings.some(({ party }) => party === 'service') && bindings.some(({ party }) => party !== 'service')
}
