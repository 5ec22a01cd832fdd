/** Something that will happen. */
export interface Appointment {
	readonly atMs: number
	readonly act: () => void
	cancelled: boolean
}

/** When a run begins. */
export const START_MS = 1_000_000

/** Virtual time: what is planned happens in the order of its time, and of its planning where that is equal. */
export class Agenda {
	/** Not 0, which is `never` to the machines. */
	nowMs = START_MS
	/** Called after each thing that has happened. */
	onStep: () => void = () => {}
	readonly #planned: Appointment[] = []

	/** Plans `act` in so many milliseconds. */
	plan(delayMs: number, act: () => void): Appointment {
		const appointment = { atMs: this.nowMs + Math.max(0, delayMs), act, cancelled: false }
		const planned = this.#planned
		let at = planned.length
		planned.push(appointment)
		// Kept with the soonest last, so that taking it is cheap.
		while (at > 0 && (planned[at - 1] as Appointment).atMs <= appointment.atMs) {
			planned[at] = planned[at - 1] as Appointment
			at--
		}
		planned[at] = appointment
		return appointment
	}

	/** Lets time pass. */
	pass(ms: number): void {
		const untilMs = this.nowMs + ms
		for (;;) {
			const next = this.#planned.at(-1)
			if (!next || next.atMs > untilMs) break
			this.#planned.pop()
			if (next.cancelled) continue
			this.nowMs = Math.max(this.nowMs, next.atMs)
			next.act()
			this.onStep()
		}
		this.nowMs = untilMs
	}
}
