import type { MachineFacts } from '../run/machine.ts'
import type { SideFigures } from './side-figures.ts'

/** One figure of both sides; `ratio` is ours by the peer's. */
export interface Compared {
	readonly ours?: number
	readonly peer?: number
	readonly ratio?: number
}

const FIGURES = {
	cpu_us_per_refresh: ['CPU per refresh, us', 'cpuMicrosPerRefresh', 1],
	cpu_us_per_cold_registration: ['CPU per cold registration, us', 'cpuMicrosPerColdRegistration', 1],
	accepted: ['registrations accepted, cold', 'accepted', 0],
	bound_ms: ['until all were bound, ms', 'boundMs', 0],
	bytes_per_registration: ['bytes per registration', 'bytesPerRegistration', 0],
	resident_bytes_per_registration: ['resident bytes per registration', 'residentBytesPerRegistration', 0],
	peak_bytes: ['memory at most, bytes', 'peakBytes', 0],
	refreshes_per_second: ['refreshes a second', 'refreshesPerSecond', 1],
	requests_per_refresh: ['REGISTERs sent per refresh', 'requestsPerRefresh', 2],
	timer_lag_p99_ms: ['timer lag p99, ms', 'timerLagP99Ms', 1],
	rebound_ms: ['all back after a restart, ms', 'reboundMs', 0],
	peak_registers_per_second: ['REGISTERs a second then, at most', 'peakRegistersPerSecond', 0],
} as const satisfies Record<string, readonly [text: string, figure: keyof SideFigures, digits: number]>

type FigureName = keyof typeof FIGURES

export interface RegistrationsReport extends Readonly<Record<FigureName, Compared>> {
	readonly accounts: number
	readonly machine: MachineFacts
}

/** Puts the sides beside each other. */
export function registrationsReport(
	accounts: number,
	machine: MachineFacts,
	ours: SideFigures,
	peer: SideFigures | undefined,
): RegistrationsReport {
	const figures = Object.entries(FIGURES).map(([name, [, figure, digits]]) => [
		name,
		compared(ours[figure], peer?.[figure], digits),
	])
	return { accounts, machine, ...Object.fromEntries(figures) }
}

/** A table for people. */
export function registrationsTable(report: RegistrationsReport): string {
	const names = (Object.keys(FIGURES) as FigureName[]).filter((name) => report[name].ours !== undefined)
	const rows = names.map((name) => {
		const { ours, peer, ratio } = report[name]
		const [text, , digits] = FIGURES[name]
		return [text, shown(ours, digits), shown(peer, digits), shown(ratio, 2)]
	})
	const header = [`${report.accounts} accounts`, 'ours', 'peer', 'ratio']
	return [header, ...rows]
		.map(([name = '', ...cells]) => name.padEnd(36) + cells.map((cell) => cell.padStart(14)).join(''))
		.join('\n')
}

function compared(ours: number | undefined, peer: number | undefined, digits: number): Compared {
	return {
		...(ours === undefined ? {} : { ours: rounded(ours, digits) }),
		...(peer === undefined ? {} : { peer: rounded(peer, digits) }),
		...(ours === undefined || peer === undefined ? {} : { ratio: rounded(ours / peer, 3) }),
	}
}

function rounded(value: number, digits: number): number {
	return Number(value.toFixed(digits))
}

function shown(value: number | undefined, digits: number): string {
	return value === undefined ? '' : value.toFixed(digits)
}
